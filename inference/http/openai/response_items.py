"""Items of ``/v1/responses``: a conversation read from them, and an answer shown as them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.text.tool_reader import CallBegun, Event, Said
from inference.errors import InvalidField
from inference.fields import Form, ResponseFormat, json_type
from inference.fields.grammar import kind_of, schema_form
from inference.http.openai import logprobs, messages
from inference.http.openai.messages import CALL_ID, CONTENT
from inference.http.openai.tool_calls import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inference.engines.text.token_scores import TokenScore

Item = dict[str, Any]
Told = tuple[str, dict[str, Any]]
"""An event's name and what it tells."""
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


class Items:
    """An answer's items as they grow: messages, and calls. Each step gives the events that tell of it."""

    def __init__(self) -> None:
        self.done: list[Item] = []
        self._open: Item | None = None
        self._texts: list[str] = []
        self._scores: list[TokenScore] = []

    def add(self, event: Event | None, scores: Sequence[TokenScore]) -> Iterator[Told]:
        """More text, more of a call's arguments, or the beginning of a call."""
        if isinstance(event, CallBegun):
            yield from self._close("completed")
            yield from self._begin(_new_call(event.name))
        elif event is not None:
            if isinstance(event, Said) and not self._is_message:
                yield from self._close("completed")
                yield from self._begin(_new_message())
            yield self._more(event.text, scores)

    def finish(self, *, is_cut: bool) -> Iterator[Told]:
        """The last item's end; an answer without any gets an empty message."""
        if not self.done and self._open is None:
            yield from self._begin(_new_message())
        yield from self._close("incomplete" if is_cut else "completed")

    @property
    def _is_message(self) -> bool:
        return self._open is not None and self._open["type"] == "message"

    def _at(self, item: Item) -> dict[str, Any]:
        return {"item_id": item["id"], "output_index": len(self.done)}

    def _begin(self, item: Item) -> Iterator[Told]:
        self._open, self._texts, self._scores = item, [], []
        yield "output_item.added", {"output_index": len(self.done), "item": item}
        if self._is_message:
            yield "content_part.added", {**self._at(item), "content_index": 0, "part": part("", [])}

    def _more(self, text: str, scores: Sequence[TokenScore]) -> Told:
        assert self._open is not None
        self._texts.append(text)
        self._scores += scores
        if not self._is_message:
            return "function_call_arguments.delta", {**self._at(self._open), "delta": text}
        shown = [logprobs.shown(score) for score in scores]
        facts = {**self._at(self._open), "content_index": 0, "delta": text, "logprobs": shown}
        return "output_text.delta", facts

    def _close(self, status: str) -> Iterator[Told]:
        item, text = self._open, "".join(self._texts)
        if item is None:
            return
        if self._is_message:
            whole, at = part(text, self._scores), {**self._at(item), "content_index": 0}
            yield "output_text.done", {**at, "text": text, "logprobs": whole["logprobs"]}
            yield "content_part.done", {**at, "part": whole}
            item = {**item, "status": status, "content": [whole]}
        else:
            yield "function_call_arguments.done", {**self._at(item), "name": item["name"], "arguments": text}
            item = {**item, "status": status, "arguments": text}
        yield "output_item.done", {"output_index": len(self.done), "item": item}
        self.done.append(item)
        self._open = None


def _new_message() -> Item:
    item = {"id": f"msg_{secrets.token_hex(12)}", "type": "message", "role": "assistant"}
    return {**item, "status": "in_progress", "content": []}


def _new_call(name: str) -> Item:
    item = {"id": f"fc_{secrets.token_hex(12)}", "type": "function_call", "call_id": new_id()}
    return {**item, "name": name, "arguments": "", "status": "in_progress"}


def part(text: str, scores: Sequence[TokenScore]) -> dict[str, Any]:
    """A message's one part."""
    shown = [logprobs.shown(score) for score in scores]
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": shown}
