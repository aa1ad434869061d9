"""Tool calls of an answer, in OpenAI's form: whole, or as the pieces of a stream."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from inference.engines.text.tool_reader import CallArguments, CallBegun, Event, Said, ToolCallReader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inference.engines.engine import Completion, Piece
    from inference.engines.text.token_scores import TokenScore
    from inference.engines.text.tools import ToolFormat


def new_id() -> str:
    """Ties a tool's result to its call."""
    return f"call_{secrets.token_hex(12)}"


Scored = tuple[Event | None, list["TokenScore"]]
"""An event and the scores of the tokens that it took; no event stands for tokens that show nothing."""


class AnswerReader:
    """Pieces of an answer -> events, as soon as they are certain; text alone where there were no tools."""

    def __init__(self, family: ToolFormat | None, *, several: bool = True) -> None:
        self._reader = ToolCallReader(family, several=several) if family else None
        self._waiting: list[TokenScore] = []

    @property
    def has_calls(self) -> bool:
        """Whether a call has begun."""
        return self._reader is not None and self._reader.calls > 0

    def add(self, piece: str, scores: Sequence[TokenScore] = ()) -> list[Scored]:
        """What is certain after a piece, and the scores of its tokens."""
        self._waiting += scores
        if self._reader:
            return self._scored(self._reader.add(piece))
        return self._scored([Said(piece)] if piece else [])

    def take(self, piece: Piece) -> list[Scored]:
        """What is certain after a piece of a stream; after its last, all there is."""
        found = self.add(piece.text, [piece.score] if piece.score else [])
        return found + self.finish() if piece.finish_reason else found

    def finish(self) -> list[Scored]:
        """What is left; scores that belong to no event come last."""
        found = self._scored(self._reader.finish() if self._reader else [])
        rest, self._waiting = self._waiting, []
        return [*found, (None, rest)] if rest else found

    def _scored(self, found: list[Event]) -> list[Scored]:
        scored: list[Scored] = []
        for event in found:
            scored.append((event, self._waiting))
            self._waiting = []
        return scored


def read(completion: Completion, *, several: bool = True) -> list[Scored]:
    """All events of a finished answer."""
    reader = AnswerReader(completion.tool_format, several=several)
    found: list[Scored] = []
    for index, piece in enumerate(completion.pieces):
        found += reader.add(piece, completion.scores[index : index + 1])
    return found + reader.finish()


def message(completion: Completion, *, several: bool = True) -> dict[str, Any]:
    """The assistant's whole turn; its content is ``null`` where it does nothing but call."""
    said, calls = collected(event for event, _ in read(completion, several=several) if event)
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
