"""Tool calls read out of an answer while it comes, piece by piece.

What is no call, or no whole one, stays text. Arguments are handed on as the model writes them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.text.detokenizer import overlap

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.engines.text.tools import ToolFormat

HEAD = re.compile(r'\{\s*"name"\s*:\s*"([^"\\]+)"\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\{)')
NAMED = re.compile(r"\s*([a-zA-Z0-9_.-]+)\s*(?:\[ARGS\])?\s*(?=\{)")
"""A call as newer Mistral models write it: a name, and the arguments right behind."""
NAMED_SO_FAR = re.compile(r"\s*[a-zA-Z0-9_.-]+\s*(?:\[A?R?G?S?\]?)?\s*")
PYTHON_TAG = "<|python_tag|>"


@dataclass(frozen=True)
class Said:
    """Text that is part of no call."""

    text: str


@dataclass(frozen=True)
class CallBegun:
    """A call, whose arguments follow."""

    index: int
    name: str


@dataclass(frozen=True)
class CallArguments:
    """More of a call's arguments, which are JSON when they are whole."""

    index: int
    text: str


Event = Said | CallBegun | CallArguments


class JsonScanner:
    """Finds where a JSON object ends."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def end(self, text: str) -> int | None:
        """How much of ``text`` belongs to the object, where it ends there; ``None`` where it goes on."""
        for index, character in enumerate(text):
            if self._in_string:
                if self._escaped:
                    self._escaped = False
                elif character == "\\":
                    self._escaped = True
                elif character == '"':
                    self._in_string = False
            elif character == '"':
                self._in_string = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if self._depth == 0:
                    return index + 1
        return None


class ToolCallReader:
    """Pieces of an answer -> text and calls; ``several`` false leaves all but the first call out."""

    def __init__(self, family: ToolFormat, *, several: bool = True) -> None:
        self._family = family
        self._several = several
        self._buffer = ""
        self._step: Callable[[], list[Event] | None] = self._text if family.opening else self._start
        self._scanner = JsonScanner()
        self._has_brace = False
        """Whether a brace must follow the arguments."""
        self.calls = 0
        """So many have begun."""

    def add(self, text: str) -> list[Event]:
        """What is certain now; often nothing."""
        self._buffer += text
        events: list[Event] = []
        while (found := self._step()) is not None:
            events += found
        return self._wanted(events)

    def finish(self) -> list[Event]:
        """What is left at the end: a call that was begun and cut off stays as it is."""
        rest, self._buffer = self._buffer, ""
        if self._step in (self._text, self._plain, self._start, self._head, self._between):
            if self.calls and self._family.opening.startswith(rest.strip()):
                return []  # another call, of which not even the mark came whole
            unread = self._step in (self._head, self._between) and bool(rest)
            opening = self._family.opening if unread and not self.calls else ""
            return [Said(opening + rest)] if rest else []
        return []

    def _wanted(self, events: list[Event]) -> list[Event]:
        if self._several:
            return events
        return [event for event in events if isinstance(event, Said) or event.index == 0]

    def _start(self) -> list[Event] | None:
        """Llama: an answer that begins with a brace is a call, if it is one at all."""
        begun = self._buffer.lstrip()
        if PYTHON_TAG.startswith(begun):
            return None
        if begun.startswith(PYTHON_TAG):
            self._buffer = begun.removeprefix(PYTHON_TAG)
            return []
        self._step = self._head if begun.startswith("{") else self._plain
        self._buffer = begun if begun.startswith("{") else self._buffer
        return []

    def _plain(self) -> list[Event] | None:
        """No call can come any more."""
        given, self._buffer = self._buffer, ""
        return [Said(given)] if given else None

    def _text(self) -> list[Event] | None:
        """Up to an opening; what may become one is held back, and blanks that may stand before one."""
        opening = self._family.opening
        before, found, after = self._buffer.partition(opening)
        if found:
            self._buffer, self._step = after, self._between
            return [Said(before.rstrip())] if before.strip() else []
        certain = before[: len(before) - overlap(before, opening)].rstrip()
        if not certain:
            return None
        self._buffer = before[len(certain) :]
        return [Said(certain)]

    def _between(self) -> list[Event] | None:
        """Before a call or behind one: marks are passed over, and a brace begins the next."""
        self._buffer = self._buffer.lstrip()
        family = self._family
        if not self._buffer or self._may_become(family.closing) or self._may_become(family.opening):
            return None
        if family.closing and self._buffer.startswith(family.closing):
            return self._go_on(self._text, len(family.closing))
        if family.opening and self._buffer.startswith(family.opening):
            return self._go_on(self._between, len(family.opening))
        if self._buffer.startswith("{"):
            return self._go_on(self._head, 0)
        if family.is_listed and self._buffer.startswith("]"):
            return self._go_on(self._text, 1)
        if not family.closing and self._buffer[0] in "[,;":
            return self._go_on(self._between, 1)
        return self._named() if family.is_listed else self._give_up()

    def _may_become(self, mark: str) -> bool:
        return len(self._buffer) < len(mark) and mark.startswith(self._buffer)

    def _go_on(self, step: Callable[[], list[Event] | None], passed: int) -> list[Event]:
        self._buffer, self._step = self._buffer[passed:], step
        return []

    def _named(self) -> list[Event] | None:
        if found := NAMED.match(self._buffer):
            return self._begin(found[1], found.end(), has_brace=False)
        return None if NAMED_SO_FAR.fullmatch(self._buffer) else self._give_up()

    def _head(self) -> list[Event] | None:
        if found := HEAD.match(self._buffer):
            return self._begin(found[1], found.end(), has_brace=True)
        end = JsonScanner().end(self._buffer)
        if end is None:
            return None
        call = _whole(self._buffer[:end])
        if call is None:
            return self._give_up()
        self._buffer, self._step = self._buffer[end:], self._between
        self.calls += 1
        name, arguments = call
        return [CallBegun(self.calls - 1, name), CallArguments(self.calls - 1, arguments)]

    def _begin(self, name: str, end: int, *, has_brace: bool) -> list[Event]:
        self._buffer = self._buffer[end:]
        self._scanner, self._has_brace, self._step = JsonScanner(), has_brace, self._arguments
        self.calls += 1
        return [CallBegun(self.calls - 1, name)]

    def _arguments(self) -> list[Event] | None:
        if not self._buffer:
            return None
        end = self._scanner.end(self._buffer)
        given, self._buffer = self._buffer[:end], self._buffer[end:] if end is not None else ""
        if end is not None:
            self._step = self._tail if self._has_brace else self._between
        return [CallArguments(self.calls - 1, given)]

    def _tail(self) -> list[Event] | None:
        """Up to the brace that closes the call."""
        _, found, after = self._buffer.partition("}")
        if not found:
            self._buffer = ""
            return None
        self._buffer, self._step = after, self._between
        return []

    def _give_up(self) -> list[Event]:
        """No call after all: text, from its opening on."""
        opening = "" if self.calls else self._family.opening
        given, self._buffer, self._step = opening + self._buffer, "", self._plain
        return [Said(given)]


def _whole(text: str) -> tuple[str, str] | None:
    """Name and arguments of a call that is written in another order, or with its arguments as a string."""
    try:
        call: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    name, arguments = call.get("name"), call.get("arguments", call.get("parameters"))
    if not isinstance(name, str) or arguments is None:
        return None
    return name, arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
