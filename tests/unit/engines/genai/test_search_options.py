"""Generators are told how long they may get: without that, one takes the whole context's cache."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from inference.engines.genai.search_options import search_options
from inference.engines.text.generation_options import GenerationSettings
from tests.support.paths import ROOT

CONTEXT, VOCABULARY = 8192, 600


@pytest.mark.parametrize("parameters", [{}, {"max_new_tokens": 7}, {"do_sample": True, "seed": 3}], ids=str)
def test_a_generator_ends_with_prompt_and_answer(parameters: dict[str, Any]) -> None:
    settings = GenerationSettings(parameters, {})
    lengths = settings.lengths(100, CONTEXT)
    found = search_options(parameters, settings, 100, lengths, VOCABULARY)
    assert found["max_length"] == 100 + lengths.maximum
    assert found["max_length"] < CONTEXT / 8


def test_no_generator_is_made_without_its_length() -> None:
    makers = [path for path in (ROOT / "inference").rglob("*.py") if "GeneratorParams(" in path.read_text()]
    assert sorted(path.name for path in makers) == ["engine.py", "guidance.py"]
    for path in makers:
        tree = ast.walk(ast.parse(path.read_text()))
        calls = [ast.unparse(each) for each in tree if isinstance(each, ast.Call)]
        set_options = [each for each in calls if each.startswith("options.set_search_options(")]
        assert len(set_options) == sum("GeneratorParams(" in each for each in calls)
        assert all("**found" in each or "max_length=" in each for each in set_options)
