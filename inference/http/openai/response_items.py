"""Items of ``/v1/responses``: a conversation read from them, and an answer shown as them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.text.tool_reader import CallArguments, CallBegun, Said
from inference.errors import InvalidField
from inference.fields import Form, ResponseFormat, json_type
from inference.fields.grammar import kind_of, schema_form
from inference.http.openai import logprobs, messages
from inference.http.openai.messages import CALL_ID, CONTENT
from inference.http.openai.tool_calls import new_id, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.engines.engine import Completion
    from inference.engines.text.token_scores import TokenScore

Item = dict[str, Any]
Told = list[tuple[str, list["TokenScore"]]]
"""An item's text as it came, each part with the scores of its tokens."""
ROLES = ("system", "developer", "user", "assistant")


@dataclass(frozen=True)
class Input:
    """A text, or a list of messages, function calls and their outputs."""

    name: str = "input"
    help: str = "What is said: a text, or the items of the conversation so far."
    default: None = None

    def read(self, value: Any, at: str) -> list[dict[str, Any]]:
        if isinstance(value, str):
            return [{"role": "user", "content": CONTENT.read(value, at)}]
        if not isinstance(value, list):
            raise InvalidField(at, f"must be a string or a list of items, not {json_type(value)}")
        messages.check_count(len(value), at)
        found: list[dict[str, Any]] = []
        for index, item in enumerate(value):
            _add(found, item, f"{at}[{index}]")
        if not found:
            raise InvalidField(at, "has nothing that is said")
        return found

    def schema(self) -> dict[str, Any]:
        items = {
            "type": "array",
            "items": {"type": "object"},
            "minItems": 1,
            "maxItems": messages.MAX_MESSAGES,
        }
        return {"anyOf": [CONTENT.schema(), items]}


@dataclass(frozen=True)
class Format:
    """``text``: the form of the answer, one level deeper than on chat."""

    name: str = "text"
    help: str = "The form of the answer: format may be text, json_object, or json_schema with a schema."
    default: None = None

    def read(self, value: Any, at: str) -> Form | None:
        if not isinstance(value, dict):
            raise InvalidField(at, f"must be an object, not {json_type(value)}")
        if value.get("verbosity") not in (None, "medium"):
            raise InvalidField(f"{at}.verbosity", "is not supported with this value")
        given, where = value.get("format"), f"{at}.format"
        if given is None:
            return None
        if kind_of(given, where) == "json_schema" and "schema" in given:
            return schema_form(given["schema"], where, f"{where}.schema")
        return ResponseFormat().read(given, where)

    def schema(self) -> dict[str, Any]:
        shape = {"anyOf": [ResponseFormat().schema(), {"type": "null"}]}
        return {"type": "object", "properties": {"format": shape}}


def _add(found: list[dict[str, Any]], item: Any, at: str) -> None:
    """One item; calls that follow each other are one turn of the assistant's."""
    if not isinstance(item, dict):
        raise InvalidField(at, f"must be an object, not {json_type(item)}")
    kind = item.get("type", "message")
    if kind == "message":
        role = item.get("role")
        if role not in ROLES:
            raise InvalidField(f"{at}.role", f"must be one of {', '.join(ROLES)}")
        said = messages.content(item.get("content"), f"{at}.content")
        found.append({"role": "system" if role == "developer" else role, "content": said})
    elif kind == "function_call":
        call = messages.call(item.get("name"), item.get("arguments"), at)
        call["id"] = CALL_ID.read(item.get("call_id"), f"{at}.call_id")
        if not found or found[-1]["role"] != "assistant":
            found.append({"role": "assistant", "content": ""})
        found[-1].setdefault("tool_calls", []).append(call)
    elif kind == "function_call_output":
        call_id = CALL_ID.read(item.get("call_id"), f"{at}.call_id")
        said = messages.content(item.get("output"), f"{at}.output")
        found.append({"role": "tool", "content": said, "tool_call_id": call_id})
    elif kind != "reasoning":  # of another model; none here reads it
        raise InvalidField(f"{at}.type", "must be message, function_call or function_call_output")


def items(done: Completion, *, several: bool) -> list[tuple[Item, Told]]:
    """An answer's items, each with its text as it came: messages, and calls."""
    parts: list[tuple[CallBegun | None, Told]] = []
    for event, scores in read(done, several=several):
        if isinstance(event, CallBegun):
            parts.append((event, []))
        elif event is not None:
            _part(parts, event).append((event.text, scores))
    if not parts:
        parts.append((None, []))
    is_cut = done.finish_reason == "length"
    return [
        _item(call, told, "incomplete" if is_cut and index == len(parts) - 1 else "completed")
        for index, (call, told) in enumerate(parts)
    ]


def _part(parts: list[tuple[CallBegun | None, Told]], event: Said | CallArguments) -> Told:
    """Where an event's text belongs."""
    is_said = isinstance(event, Said)
    if not parts or (parts[-1][0] is None) != is_said:
        parts.append((None, []))
    return parts[-1][1]


def _item(call: CallBegun | None, told: Told, status: str) -> tuple[Item, Told]:
    text = "".join(each for each, _ in told)
    if call is None:
        scores = [score for _, some in told for score in some]
        item = {"id": f"msg_{secrets.token_hex(12)}", "type": "message", "role": "assistant"}
        return {**item, "status": status, "content": [part(text, scores)]}, told
    found = {"id": f"fc_{secrets.token_hex(12)}", "type": "function_call", "call_id": new_id()}
    return {**found, "name": call.name, "arguments": text, "status": status}, told


def part(text: str, scores: Sequence[TokenScore]) -> dict[str, Any]:
    """A message's one part."""
    shown = [logprobs.shown(score) for score in scores]
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": shown}
