"""Tokens -> text as it comes: no half characters, and nothing of a stop string."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HALF = "\ufffd"
"""What a decoder shows for bytes that are no whole character yet."""


class TextStream:
    """Decodes one output token by token.

    Each step decodes the tokens since the last whole text together with those just before it, because
    decoders treat the first token of a text differently (a leading space goes). What could be the beginning
    of a stop string is held back until the next tokens decide.
    """

    def __init__(self, decode: Callable[[list[int]], str], stop: Sequence[str] = ()) -> None:
        self._decode = decode
        self._stop = [word for word in stop if word]
        self._ids: list[int] = []
        self._before = 0
        self._done = 0
        self._held = ""
        self.stopped = False
        """Whether a stop string came; the text before it has been given out."""

    def add(self, token_id: int) -> str:
        """The text that is certain now; often empty."""
        self._ids.append(token_id)
        text = self._window(len(self._ids))
        if text.endswith(HALF):
            return ""
        return self._release(self._advance(text))

    def finish(self) -> str:
        """What is left at the end; bytes that never became a character are dropped."""
        text = self._window(len(self._ids)).rstrip(HALF)
        given = self._release(self._advance(text))
        rest, self._held = ("" if self.stopped else self._held), ""
        return given + rest

    def _window(self, end: int) -> str:
        return self._decode(self._ids[self._before : end])

    def _advance(self, text: str) -> str:
        new = text[len(self._window(self._done)) :]
        if new:  # tokens of no text are no context: what follows them would be treated as the first
            self._before = self._done
        self._done = len(self._ids)
        return new

    def _release(self, new: str) -> str:
        if self.stopped:
            return ""
        text = self._held + new
        places = [place for place in (text.find(word) for word in self._stop) if place >= 0]
        if places:
            self.stopped, self._held = True, ""
            return text[: min(places)]
        keep = max((overlap(text, word) for word in self._stop), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def overlap(text: str, word: str) -> int:
    """The length of the longest end of ``text`` that begins ``word``."""
    longest = min(len(text), len(word) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(word[:size])), 0)
