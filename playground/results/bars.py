"""Scores as bars: labels of a text or a picture, words for a gap."""

from __future__ import annotations

from html import escape
from typing import Any

TAGS = (
    *("fill-mask", "image-classification", "text-classification"),
    *("zero-shot-classification", "zero-shot-image-classification"),
)
MOST_SHOWN = 8
"""More bars than these are folded away."""


def draw(inputs: Any, result: Any) -> str:
    """A bar for each ``{"label", "score"}`` or ``{"token_str", "score"}``; scores are from 0 to 1."""
    rows = result[0] if result and isinstance(result[0], list) else result
    return bars([(_label(each), each["score"]) for each in rows])


def bars(scores: list[tuple[str, float]], lowest: float = 0.0, number: str = ".1%") -> str:
    """A list of names with a bar and a number; bars start at ``lowest``, which may be below zero."""
    widest = max([1.0, *(score for _, score in scores)])
    drawn = _drawn(scores[:MOST_SHOWN], lowest, widest, number)
    rest = scores[MOST_SHOWN:]
    if not rest:
        return drawn
    return (
        f"{drawn}<details><summary>{len(rest)} more</summary>{_drawn(rest, lowest, widest, number)}</details>"
    )


def _drawn(scores: list[tuple[str, float]], lowest: float, widest: float, number: str) -> str:
    items = []
    for name, score in scores:
        width = max(0.0, score - lowest) / (widest - lowest) * 100
        items.append(
            f'<li><span class="name">{escape(name)}</span><span class="number">{score:{number}}</span>'
            f'<span class="bar" aria-hidden="true"><span style="width:{width:.1f}%"></span></span></li>'
        )
    return f'<ol class="bars">{"".join(items)}</ol>'


def _label(result: dict[str, Any]) -> str:
    return str(result.get("label") or result.get("token_str", "")).strip()
