"""``/v1/responses``: a conversation in items, an answer in items, and the events of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openai.types.responses import Response

from inference.engines.text.token_scores import TokenScore

if TYPE_CHECKING:
    from tests.support.openai_chat import Chat

PATH = "/v1/responses"
CALL = ("Wait.", '<tool_call>{"name": "add", "arguments": {"a"', ": 1}}</tool_call>")
TOOL = {"type": "function", "name": "add", "parameters": {"type": "object"}, "strict": False}


def test_a_text_is_answered(chat: Chat) -> None:
    status, reply = chat.post(PATH, {"input": "Hi", "instructions": "Be brief.", "metadata": {"a": "b"}})
    assert status == 200
    response = Response.model_validate(reply)
    assert (response.output_text, response.status, response.metadata) == ("Hello", "completed", {"a": "b"})
    assert response.usage
    assert (response.usage.input_tokens, response.usage.total_tokens) == (3, 5)
    assert reply["store"] is False
    assert chat.engine.asked[0] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
    ]


def test_a_conversation_of_items_is_read(chat: Chat) -> None:
    """What an answer held can be sent back as it was."""
    items = [
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "1 + 1?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Wait.", "annotations": []}],
        },
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "add", "arguments": "{}"},
        {"type": "function_call", "call_id": "c2", "name": "add", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "2"},
    ]
    assert chat.post(PATH, {"input": items})[0] == 200
    system, user, assistant, tool = chat.engine.asked[0]
    assert (system, user) == (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "1 + 1?"},
    )
    assert assistant["content"] == "Wait."
    assert [call["id"] for call in assistant["tool_calls"]] == ["c1", "c2"]
    assert tool == {"role": "tool", "content": "2", "tool_call_id": "c1"}


def test_options_reach_the_engine(chat: Chat) -> None:
    schema = {"type": "object"}
    body = {
        "input": "Hi",
        "max_output_tokens": 5,
        "temperature": 0,
        "tools": [TOOL],
        "tool_choice": {"type": "function", "name": "add"},
        "text": {"format": {"type": "json_schema", "name": "n", "schema": schema, "strict": True}},
        "include": ["message.output_text.logprobs"],
        "store": True,
        "reasoning": {"effort": None},
        "truncation": "disabled",
    }
    assert chat.post(PATH, body)[0] == 200
    asked = chat.engine.asked[1]
    assert (asked["max_new_tokens"], asked["do_sample"], asked["logprobs"]) == (5, False, 0)
    assert (asked["grammar"].value, asked["grammar"].at) == (schema, "text.format.schema")
    assert (asked["tools"].callable, asked["tools"].must_call) == (("add",), True)
    assert asked["tools"].functions[0].at == "tools[0].parameters"


def test_calls_are_items_of_their_own(chat: Chat) -> None:
    chat.engine.pieces = CALL
    _, reply = chat.post(PATH, {"input": "Hi", "tools": [TOOL]})
    Response.model_validate(reply)
    said, call = reply["output"]
    assert said["content"][0]["text"] == "Wait."
    assert (call["type"], call["name"], call["arguments"]) == ("function_call", "add", '{"a": 1}')
    assert call["call_id"].startswith("call_")


def test_the_events_of_a_stream_follow_each_other(chat: Chat) -> None:
    chat.engine.pieces = CALL
    events = chat.events(PATH, {"input": "Hi", "tools": [TOOL]})
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    assert events[0]["response"]["status"] == "in_progress"
    whole = Response.model_validate(events[-1]["response"])
    assert whole.output_text == "Wait."
    assert "".join(event["delta"] for event in events[9:11]) == '{"a": 1}'
    assert events[12]["item"] == events[-1]["response"]["output"][1]


def test_scores_come_with_the_text(chat: Chat) -> None:
    chat.engine.scores = (TokenScore("Hel", -0.5), TokenScore("lo", -0.1))
    body = {"input": "Hi", "include": ["message.output_text.logprobs"]}
    _, reply = chat.post(PATH, body)
    assert [one["token"] for one in reply["output"][0]["content"][0]["logprobs"]] == ["Hel", "lo"]
    deltas = [event for event in chat.events(PATH, body) if event["type"].endswith("delta")]
    assert [event["logprobs"][0]["logprob"] for event in deltas] == [-0.5, -0.1]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "input: is required"),
    ({"input": 3}, "input: must be a string or a list of items"),
    ({"input": []}, "input: has 0 messages"),
    ({"input": [3]}, "input[0]: must be an object"),
    ({"input": [{"role": "robot", "content": "x"}]}, "input[0].role: must be one of"),
    ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0].type: must be message, function_call"),
    (
        {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
        "input[0].content[0]: must be",
    ),
    ({"input": [{"type": "function_call", "call_id": "c", "name": "f"}]}, "input[0].arguments: must be"),
    ({"input": [{"type": "reasoning"}]}, "input: has nothing that is said"),
    (
        {"input": "x", "previous_response_id": "resp_1"},
        "previous_response_id: cannot be found, as",
    ),
    ({"input": "x", "conversation": "c"}, "conversation: cannot be found"),
    ({"input": "x", "background": True}, "background: is not supported with this value"),
    ({"input": "x", "reasoning": {"effort": "high"}}, "reasoning: is not supported with this value"),
    ({"input": "x", "tools": [{"type": "web_search"}]}, "tools[0].type: must be function"),
    ({"input": "x", "text": {"verbosity": "low"}}, "text.verbosity: is not supported"),
    ({"input": "x", "text": {"format": {"type": "xml"}}}, "text.format.type: must be one of"),
    (
        {"input": "x", "text": {"format": {"type": "json_schema", "name": "n", "schema": {"items": 1}}}},
        "text.format.schema.items: must be a JSON Schema",
    ),
    ({"input": "x", "include": ["file_search_call.results"]}, "include[0]: is not supported"),
    ({"input": "x", "surprise": 1}, "surprise: is not supported"),
]


@pytest.mark.parametrize(("body", "problem"), REFUSED)
def test_what_cannot_be_done_is_refused_by_name(chat: Chat, body: dict[str, Any], problem: str) -> None:
    assert chat.problem(PATH, body).startswith(problem)
