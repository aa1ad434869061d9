"""Tool calls of an answer, in OpenAI's form: whole, or as the pieces of a stream."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from inference.engines.text.tool_reader import CallArguments, CallBegun, Event, Said, ToolCallReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inference.engines.engine import Completion
    from inference.engines.text.token_scores import TokenScore
    from inference.engines.text.tools import ToolFormat


def new_id() -> str:
    """Ties a tool's result to its call."""
    return f"call_{secrets.token_hex(12)}"


def events(pieces: Iterable[str], family: ToolFormat | None, *, several: bool = True) -> Iterator[Event]:
    """What an answer's pieces are, as soon as that is certain; text alone where there were no tools."""
    for found in _by_piece(pieces, family, several=several):
        yield from found


def scored_events(
    completion: Completion, *, several: bool = True
) -> Iterator[tuple[Event | None, list[TokenScore]]]:
    """Each event with the scores of the tokens that it took; the last is none, with those that are left."""
    waiting: list[TokenScore] = []
    pieces = completion.pieces
    for index, found in enumerate(_by_piece(pieces, completion.tool_format, several=several)):
        waiting += completion.scores[index : index + 1]
        for event in found:
            yield event, waiting
            waiting = []
    yield None, waiting


def _by_piece(pieces: Iterable[str], family: ToolFormat | None, *, several: bool) -> Iterator[list[Event]]:
    """Events after each piece, and those after the last."""
    if family is None:
        yield from ([Said(piece)] if piece else [] for piece in pieces)
        return
    reader = ToolCallReader(family, several=several)
    for piece in pieces:
        yield reader.add(piece)
    yield reader.finish()


def message(completion: Completion, *, several: bool = True) -> dict[str, Any]:
    """The assistant's whole turn; its content is ``null`` where it does nothing but call."""
    said, calls = collected(events(completion.pieces, completion.tool_format, several=several))
    if not calls:
        return {"role": "assistant", "content": said}
    shown = [
        {"id": new_id(), "type": "function", "function": {"name": name, "arguments": arguments}}
        for name, arguments in calls
    ]
    return {"role": "assistant", "content": said or None, "tool_calls": shown}


def collected(found: Iterable[Event]) -> tuple[str, list[tuple[str, str]]]:
    """The text of an answer, and name and arguments of each call."""
    said: list[str] = []
    names: list[str] = []
    arguments: list[list[str]] = []
    for event in found:
        if isinstance(event, Said):
            said.append(event.text)
        elif isinstance(event, CallBegun):
            names.append(event.name)
            arguments.append([])
        else:
            arguments[event.index].append(event.text)
    return "".join(said), [(name, "".join(parts)) for name, parts in zip(names, arguments, strict=True)]


def delta(event: Event) -> dict[str, Any]:
    """One event as the ``delta`` of a chunk: a call's first has its id and name, the others its arguments."""
    if isinstance(event, Said):
        return {"content": event.text}
    if isinstance(event, CallArguments):
        return {"tool_calls": [{"index": event.index, "function": {"arguments": event.text}}]}
    function = {"name": event.name, "arguments": ""}
    return {"tool_calls": [{"index": event.index, "id": new_id(), "type": "function", "function": function}]}


def finish_reason(reason: str, *, has_calls: bool) -> str:
    """Calls that are whole end an answer for a reason of their own."""
    return "tool_calls" if has_calls and reason == "stop" else reason
