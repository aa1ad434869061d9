"""Tools on chat: read and checked, told to the engine, and shown as OpenAI's clients read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.support.openai_chat import Chat

PATH = "/v1/chat/completions"
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def tool(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": PARAMETERS, **more}}


BODY = {
    "messages": [{"role": "user", "content": "Weather?"}],
    "tools": [tool("weather", description="Of a city."), tool("time")],
}
PIECES = (
    "Let me look.",
    "\n<tool_",
    'call>\n{"name": "weather", "argum',
    'ents": {"city": ',
    '"Rome"}}\n</tool',
    "_call>",
)


def test_a_call_is_shown_whole(chat: Chat) -> None:
    chat.engine.pieces = PIECES
    _, reply = chat.post(PATH, BODY)
    choice = reply["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == "Let me look."
    (call,) = choice["message"]["tool_calls"]
    assert call.pop("id").startswith("call_")
    assert call == {"type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}


def test_a_turn_that_only_calls_has_no_content(chat: Chat) -> None:
    chat.engine.pieces = PIECES[1:]
    _, reply = chat.post(PATH, BODY)
    assert reply["choices"][0]["message"]["content"] is None


def test_a_streamed_call_comes_in_pieces(chat: Chat) -> None:
    """The first has index, id, type and name, the others the arguments, as OpenAI's have."""
    chat.engine.pieces = PIECES
    chunks = chat.events(PATH, BODY)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[1] == {"content": "Let me look."}
    (begun,) = deltas[2]["tool_calls"]
    assert begun.pop("id").startswith("call_")
    assert begun == {"index": 0, "type": "function", "function": {"name": "weather", "arguments": ""}}
    later = [delta["tool_calls"][0] for delta in deltas[3:-1]]
    assert all(call.keys() == {"index", "function"} for call in later)
    assert "".join(call["function"]["arguments"] for call in later) == '{"city": "Rome"}'
    assert len(later) > 1
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_the_engine_is_told_of_the_tools(chat: Chat) -> None:
    chat.post(PATH, BODY)
    tools = chat.engine.asked[1]["tools"]
    assert [function.declared for function in tools.functions] == BODY["tools"]
    assert (tools.must_call, tools.several, tools.is_formed) == (False, True, False)


@pytest.mark.parametrize(
    ("more", "callable_", "must_call", "several"),
    [
        ({"tool_choice": "required"}, ("weather", "time"), True, False),
        ({"tool_choice": "required", "parallel_tool_calls": True}, ("weather", "time"), True, True),
        ({"tool_choice": "any", "parallel_tool_calls": False}, ("weather", "time"), True, False),
        ({"tool_choice": {"type": "function", "function": {"name": "time"}}}, ("time",), True, False),
        ({"tool_choice": {"function": {"name": "time"}}}, ("time",), True, False),
        (
            {
                "tool_choice": {
                    "type": "allowed_tools",
                    "allowed_tools": {"mode": "auto", "tools": [tool("time")]},
                }
            },
            ("time",),
            False,
            True,
        ),
        ({"tool_choice": "auto", "tools": [tool("time", strict=True)]}, ("time",), False, True),
    ],
)
def test_choices(
    chat: Chat, more: dict[str, Any], callable_: tuple[str, ...], must_call: bool, several: bool
) -> None:
    assert chat.post(PATH, {**BODY, **more})[0] == 200
    tools = chat.engine.asked[1]["tools"]
    assert (tools.callable, tools.must_call, tools.several) == (callable_, must_call, several)
    is_strict = "tools" in more
    assert tools.is_formed == (must_call or is_strict)
    assert (tools.functions[0].schema == PARAMETERS) == tools.is_formed


@pytest.mark.parametrize("more", [{"tool_choice": "none"}, {"tools": []}, {"tools": None}])
def test_no_tools_are_told_of_where_none_may_be_called(chat: Chat, more: dict[str, Any]) -> None:
    chat.engine.pieces = ("<tool_call>",)
    status, reply = chat.post(PATH, {**BODY, **more})
    assert status == 200
    assert "tools" not in chat.engine.asked[1]
    assert reply["choices"][0]["message"] == {"role": "assistant", "content": "<tool_call>"}


def test_one_call_where_only_one_is_asked_for(chat: Chat) -> None:
    chat.engine.pieces = PIECES + PIECES
    _, reply = chat.post(PATH, {**BODY, "parallel_tool_calls": False})
    assert len(reply["choices"][0]["message"]["tool_calls"]) == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"tools": {}}, "tools: must be a list of tools"),
    ({"tools": [3]}, "tools[0]: must be an object"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type: must be function"),
    ({"tools": [{"type": "function"}]}, "tools[0].function: must be an object, not null"),
    ({"tools": [tool("two words")]}, "tools[0].function.name: must match"),
    ({"tools": [tool("a", strict=1)]}, "tools[0].function.strict: must be true or false"),
    ({"tools": [tool("a", parameters=[])]}, "tools[0].function.parameters: must be a JSON Schema"),
    ({"tools": [tool("a"), tool("a")]}, "tools[1]: has the name of an earlier tool"),
    ({"tools": [tool("a")] * 129}, "tools: has 129 tools; the limit is 128"),
    (
        {"tools": [tool("a", parameters={"properties": {"x": 1}}, strict=True)]},
        "tools[0].function.parameters.properties.x: must be a JSON Schema",
    ),
    ({"tool_choice": "maybe"}, "tool_choice: must be one of none, auto, required"),
    ({"tool_choice": 3}, "tool_choice: must be a string or an object"),
    ({"tool_choice": {"type": "function", "function": {"name": "x"}}}, "tool_choice: names x, which is none"),
    ({"tool_choice": {"type": "custom", "name": "x"}}, "tool_choice: must name a function"),
    ({"tool_choice": "required", "tools": []}, "tool_choice: asks for a call, and there are no tools"),
    ({"tool_choice": {"type": "allowed_tools", "mode": "auto"}}, "tool_choice.tools: must be a list"),
]


@pytest.mark.parametrize(("more", "problem"), REFUSED)
def test_what_cannot_be_done_is_refused_by_name(chat: Chat, more: dict[str, Any], problem: str) -> None:
    assert chat.problem(PATH, {**BODY, **more}).startswith(problem)
