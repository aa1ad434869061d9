"""The events of a streamed ``/v1/responses``, in the order that OpenAI's clients follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.http.openai import logprobs
from inference.http.openai.response_items import part
from inference.http.response import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inference.http.openai.response_items import Item, Told

Event = tuple[str, dict[str, Any]]


def stream(begun: dict[str, Any], items: Sequence[tuple[Item, Told]], ended: dict[str, Any]) -> str:
    """All events as text; each is numbered, and named on a line of its own."""
    events = [("created", {"response": begun}), ("in_progress", {"response": begun})]
    for index, (item, told) in enumerate(items):
        events += _item(index, item, told)
    events.append((ended["status"], {"response": ended}))
    return "".join(_written(number, name, facts) for number, (name, facts) in enumerate(events))


def _written(number: int, name: str, facts: dict[str, Any]) -> str:
    kind = f"response.{name}"
    return f"event: {kind}\ndata: {encode({'type': kind, 'sequence_number': number, **facts})}\n\n"


def _item(index: int, item: Item, told: Told) -> Iterator[Event]:
    at = {"output_index": index}
    empty = {"arguments": ""} if item["type"] == "function_call" else {"content": []}
    yield "output_item.added", {**at, "item": {**item, "status": "in_progress", **empty}}
    inner = _call if item["type"] == "function_call" else _message
    yield from inner({"item_id": item["id"], **at}, item, told)
    yield "output_item.done", {**at, "item": item}


def _message(at: dict[str, Any], item: Item, told: Told) -> Iterator[Event]:
    at = {**at, "content_index": 0}
    (whole,) = item["content"]
    yield "content_part.added", {**at, "part": part("", [])}
    for text, scores in told:
        yield (
            "output_text.delta",
            {**at, "delta": text, "logprobs": [logprobs.shown(each) for each in scores]},
        )
    yield "output_text.done", {**at, "text": whole["text"], "logprobs": whole["logprobs"]}
    yield "content_part.done", {**at, "part": whole}


def _call(at: dict[str, Any], item: Item, told: Told) -> Iterator[Event]:
    for text, _ in told:
        yield "function_call_arguments.delta", {**at, "delta": text}
    yield "function_call_arguments.done", {**at, "name": item["name"], "arguments": item["arguments"]}
