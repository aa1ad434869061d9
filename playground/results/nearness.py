"""How near sentences are in meaning, as bars from -1 to 1."""

from __future__ import annotations

from typing import Any

from playground.results.bars import bars

TAGS = ("sentence-similarity",)


def draw(inputs: Any, result: Any) -> str:
    """A bar for each sentence that was compared, nearest first."""
    pairs = zip(inputs["sentences"], result, strict=True)
    return bars(sorted(pairs, key=lambda pair: -pair[1]), lowest=-1.0, number=".2f")
