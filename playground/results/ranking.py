"""Texts sorted by how well they answer a query, as bars."""

from __future__ import annotations

from typing import Any

from playground.results.bars import bars

TAGS = ("text-ranking",)


def draw(inputs: Any, result: Any) -> str:
    """A bar for each ``{"index", "score"}``, in the order of the answer; logits may be below zero."""
    scores = [(inputs["texts"][each["index"]], each["score"]) for each in result]
    is_share = all(0 <= score <= 1 for _, score in scores)
    lowest = min([0.0, *(score for _, score in scores)])
    return bars(scores, lowest, ".1%" if is_share else ".2f")
