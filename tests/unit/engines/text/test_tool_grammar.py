"""The grammar of tool calls as llguidance reads it; tests/engines/genai run it."""

from __future__ import annotations

import json

import pytest

from inference.engines.text.tool_grammar import grammar
from inference.engines.text.tools import HERMES, LLAMA, MISTRAL, Function, ToolFormat, Tools
from inference.fields import Form

FUNCTIONS = tuple(Function(name, {}, f"tools.{name}", {"type": "object"}) for name in ("add", "sub"))


def rules(
    family: ToolFormat, tools: Tools, answer: Form | None = None, token: int | None = None
) -> dict[str, str]:
    text = grammar(tools, family, answer, json.dumps, lambda mark: token)
    return dict(line.split(": ", 1) for line in text.splitlines())


def test_a_mark_that_is_a_token_is_written_as_one() -> None:
    must = Tools(FUNCTIONS, ("add", "sub"), must_call=True, several=False)
    assert rules(MISTRAL, must, token=5)["start"] == '<[5]> " [" call "]"'
    assert rules(MISTRAL, must)["start"] == '"[TOOL_CALLS]" " [" call "]"'


def test_only_what_may_be_called_has_a_rule() -> None:
    found = rules(LLAMA, Tools(FUNCTIONS, ("sub",), must_call=True))
    assert found["call"] == "call_0"
    assert found["call_0"] == '"{\\"name\\": \\"sub\\", \\"parameters\\": " args_0 "}"'
    assert "call_1" not in found


@pytest.mark.parametrize("several", [True, False])
def test_more_calls_where_they_are_asked_for(several: bool) -> None:
    start = rules(HERMES, Tools(FUNCTIONS, ("add",), must_call=True, several=several))["start"]
    assert start == ('tagged ("\\n" tagged)*' if several else "tagged")


def test_an_answer_may_come_instead() -> None:
    free = Tools(FUNCTIONS, ("add",), several=False)
    assert rules(HERMES, free)["start"] == "tagged | answer | answer tagged"
    assert rules(HERMES, free)["TEXT"] == "/(?s:.+)/ & ~/(?s:.*<tool_call>.*)/"
    formed = rules(HERMES, free, Form("regex", "a/b", "grammar", "grammar.value"))
    assert (formed["start"], formed["answer"]) == ("tagged | answer", "/a\\/b/")
