"""A text beyond a model's window, in parts that end where sentences do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")


def chunks(text: str, room: int, encode: Callable[[str], list[int]], prefix: str = "") -> list[list[int]]:
    """Token ids of the parts, each of 1 to ``room`` tokens; only a sentence longer than that is broken.

    ``prefix`` stands before each part. Each character is encoded about twice, also where it makes no token
    and nothing ever fills a part.
    """
    nothing = encode(prefix), encode(prefix.rstrip())  # a blank at the end may be a token of its own
    held = len(nothing[1])
    parts: list[list[str]] = []
    left = 0
    for sentence in filter(None, (piece.strip() for piece in SENTENCE_END.split(text))):
        ids = encode(prefix + sentence)
        if ids in nothing:
            continue
        count = len(ids) - held
        if not parts or count > left:
            parts.append([])
            left = room - held
        parts[-1].append(sentence)
        left -= count
    return [ids for part in parts for ids in _encoded(part, room, lambda said: encode(prefix + said))]


def _encoded(sentences: list[str], room: int, encode: Callable[[str], list[int]]) -> list[list[int]]:
    """One part as a rule; two halves where sentences have more tokens together than each for itself."""
    ids = encode(" ".join(sentences))
    if len(ids) > room and len(sentences) > 1:
        middle = len(sentences) // 2
        halves = sentences[:middle], sentences[middle:]
        return [found for half in halves for found in _encoded(half, room, encode)]
    return [ids[start : start + room] for start in range(0, len(ids), room)]
