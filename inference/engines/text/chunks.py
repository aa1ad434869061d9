"""A text beyond a model's window, in parts that end where sentences do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")


def chunks(text: str, room: int, encode: Callable[[str], list[int]]) -> list[list[int]]:
    """Token ids of the parts, each of 1 to ``room`` tokens; only a sentence longer than that is broken."""
    parts: list[str] = []
    for sentence in filter(None, (piece.strip() for piece in SENTENCE_END.split(text))):
        joined = f"{parts[-1]} {sentence}" if parts else sentence
        if parts and len(encode(joined)) <= room:
            parts[-1] = joined
        else:
            parts.append(sentence)
    encoded = [ids for part in parts if (ids := encode(part))]
    return [ids[start : start + room] for ids in encoded for start in range(0, len(ids), room)]
