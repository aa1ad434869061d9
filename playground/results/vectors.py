"""Embeddings as stripes, and how near several of them are to each other."""

from __future__ import annotations

import math
from html import escape
from typing import Any

TAGS = ("feature-extraction",)
STRIPES = 96
"""More numbers than these are told, not drawn."""


def draw(inputs: Any, result: Any) -> str:
    """A stripe for each number, by its sign and size; the length of the vector in words."""
    vector = [float(number) for number in (result[0] if isinstance(result[0], list) else result)]
    largest = max(map(abs, vector)) or 1.0
    stripes = "".join(
        f'<span class="{"up" if number > 0 else "down"}" style="opacity:{abs(number) / largest:.2f}"></span>'
        for number in vector[:STRIPES]
    )
    length = math.sqrt(sum(number * number for number in vector))
    numbers = ", ".join(f"{number:.4f}" for number in vector[:4])
    return (
        f'<div class="stripes" role="img" aria-label="{min(STRIPES, len(vector))} numbers as stripes">'
        f'{stripes}</div><p class="quiet">{len(vector)} numbers of length {length:.3f}: {numbers}, …</p>'
    )


def compare(texts: list[str], vectors: list[list[float]]) -> str:
    """A table of cosines: each text against each."""
    heads = "".join(f'<th scope="col">{index + 1}</th>' for index in range(len(texts)))
    rows = "".join(
        f'<tr><th scope="row">{index + 1} {escape(text)}</th>'
        + "".join(_cell(_cosine(vectors[index], other)) for other in vectors)
        + "</tr>"
        for index, text in enumerate(texts)
    )
    return (
        f'<table class="matrix"><caption>Cosine similarity</caption><tr><td></td>{heads}</tr>{rows}</table>'
    )


def _cell(cosine: float) -> str:
    return f'<td style="--near:{max(0.0, cosine) * 100:.0f}%">{cosine:.2f}</td>'


def _cosine(one: list[float], other: list[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
