"""CTranslate2 reads the first 1,024 tokens of an input unless it is told to read all of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = ROOT / "inference" / "engines" / "ctranslate"
PROOF = ROOT / "inference" / "convert" / "ctranslate" / "proof.py"
LIMITED = {"translate_batch", "score_batch", "generate_tokens"}
"""Calls of a translator that cut by themselves; a generator of its own has no such limit."""
GENERATOR = {"continuation.py"}


@pytest.mark.parametrize("path", [*sorted(ENGINE.glob("*.py")), PROOF], ids=lambda path: path.name)
def test_every_call_names_no_limit(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in LIMITED and path.name not in GENERATOR:
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert given.get("max_input_length") == "0", f"{path.name}:{node.lineno}"


def test_there_are_such_calls() -> None:
    text = (ENGINE / "text_to_text.py").read_text()
    assert "translate_batch(" in text and "generate_tokens(" in text
