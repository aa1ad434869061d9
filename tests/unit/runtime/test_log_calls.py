"""Every call of a logger can be formatted: one that cannot turns a good answer into a failed invocation.

awslambdaric formats log lines itself, and an error there is an error of the handler.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
LOGGERS = {"log", "_log", "logger", "_logger"}
SOURCES = sorted((ROOT / "inference").rglob("*.py"))


def calls_of_loggers(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = node.func.value
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        is_made_here = isinstance(owner, ast.Call) and ast.unparse(owner.func).endswith("getLogger")
        if node.func.attr in LEVELS and (name in LOGGERS or is_made_here):
            yield node


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_message_has_as_many_arguments_as_it_names(path: Path) -> None:
    for call in calls_of_loggers(path):
        message, *arguments = call.args
        where = f"{path.name}:{call.lineno}"
        if isinstance(message, ast.Constant):
            assert str(message.value) % tuple("x" for _ in arguments) if arguments else message.value, where
        else:
            assert not arguments, f"{where}: a message that is made at run time takes no arguments"


def test_the_calls_are_found() -> None:
    found = {path.name for path in SOURCES for _ in calls_of_loggers(path)}
    assert {"request_log.py", "model_runner.py", "loop.py", "service.py", "serve.py"} <= found
