"""Tool turns in the form that each family's template renders."""

from __future__ import annotations

from typing import Any

import pytest

from inference.engines.text.chat_template import ChatTemplate
from inference.engines.text.tool_history import rendered
from inference.engines.text.tools import HERMES, MISTRAL, UNTOLD, Function, Tools

WEATHER = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
TOOLS = Tools((Function("weather", WEATHER, "tools[0]"),), ("weather",))
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
HISTORY: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": "", "tool_calls": [CALL]},
    {"role": "tool", "content": "Sunny", "tool_call_id": "call_1"},
]


def test_a_template_that_knows_tools_gets_arguments_as_an_object() -> None:
    messages, tools = rendered(HISTORY, TOOLS, HERMES)
    assert messages[2]["tool_calls"][0]["function"]["arguments"] == {"city": "Rome"}
    assert tools == [WEATHER]
    assert messages[3] == HISTORY[3]
    template = ChatTemplate(
        "{% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.arguments | tojson }}"
        "{% endfor %}{% endfor %}{{ tools | tojson }}",
        {},
    )
    assert template.render(messages, tools).startswith('{"city": "Rome"}[{"type"')


def test_arguments_that_are_no_json_stay_as_they_are() -> None:
    call = {**CALL, "function": {"name": "weather", "arguments": "{oops"}}
    messages, _ = rendered([{"role": "assistant", "content": "", "tool_calls": [call]}], None, HERMES)
    assert messages[0]["tool_calls"][0]["function"]["arguments"] == "{oops"


@pytest.mark.parametrize("given", ["call_1", "", "abc123XYZ", "é" * 9])
def test_mistrals_ids_have_nine_characters_and_still_belong_together(given: str) -> None:
    history: list[dict[str, Any]] = [
        {"role": "assistant", "content": "", "tool_calls": [{**CALL, "id": given}]},
        {"role": "tool", "content": "Sunny", "tool_call_id": given},
    ]
    (called, answered), _ = rendered(history, None, MISTRAL)
    short = called["tool_calls"][0]["id"]
    assert len(short) == 9 and short.isascii() and short.isalnum()
    assert answered["tool_call_id"] == short


def test_a_template_that_knows_no_tools_gets_plain_messages() -> None:
    messages, tools = rendered(HISTORY, TOOLS, UNTOLD)
    assert tools is None
    assert [message.keys() for message in messages] == [{"role", "content"}] * 4
    system, _, assistant, result = (message["content"] for message in messages)
    assert system.startswith("Be brief.\n\nYou can call functions.")
    assert '"name": "weather"' in system
    assert assistant == '<tool_call>\n{"name": "weather", "arguments": {"city": "Rome"}}\n</tool_call>'
    assert (messages[3]["role"], result) == ("user", "<tool_response>\nSunny\n</tool_response>")


def test_tools_are_told_of_where_there_is_no_system_message() -> None:
    messages, _ = rendered(HISTORY[1:2], TOOLS, UNTOLD)
    assert [message["role"] for message in messages] == ["system", "user"]
    assert rendered(HISTORY[1:2], None, UNTOLD) == (HISTORY[1:2], None)
