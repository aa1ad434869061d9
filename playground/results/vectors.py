"""Embeddings as stripes; several of them also as a map, and as a table of how near each is to each."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TAGS = ("feature-extraction",)
STRIPES = 96
"""More numbers than these are told, not drawn."""
FEWEST_ON_A_MAP = 3
"""Two points are a line whatever they mean."""
MAP_WIDTH, MAP_HEIGHT, MARGIN = 460, 300, 26
MOST_IN_A_TABLE = 12


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
    """A map where there are enough texts for one, and a table of cosines: each text against each."""
    drawn = _map(texts, vectors) if len(texts) >= FEWEST_ON_A_MAP else ""
    return drawn + (_table(texts, vectors) if len(texts) <= MOST_IN_A_TABLE else "")


def places(vectors: list[list[float]]) -> NDArray[np.float64]:
    """Points ``(texts, 2)`` from 0 to 1: the two directions in which the vectors differ most (PCA)."""
    import numpy as np

    centred = np.asarray(vectors, np.float64)
    centred -= centred.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    points: NDArray[np.float64] = centred @ axes[:2].T
    spread = np.ptp(points, axis=0)
    placed: NDArray[np.float64] = (points - points.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    return placed


def _map(texts: list[str], vectors: list[list[float]]) -> str:
    marks = []
    for number, (across, up) in enumerate(places(vectors), 1):
        x = MARGIN + across * (MAP_WIDTH - 2 * MARGIN)
        y = MAP_HEIGHT - MARGIN - up * (MAP_HEIGHT - 2 * MARGIN)
        marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="13"/><text x="{x:.1f}" y="{y + 4.5:.1f}">{number}</text>'
        )
    legend = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return (
        '<figure class="map"><figcaption>Map: texts of similar meaning lie near each other</figcaption>'
        f'<svg viewBox="0 0 {MAP_WIDTH} {MAP_HEIGHT}" role="img" aria-label="Map of {len(texts)} texts">'
        f"{''.join(marks)}</svg><ol>{legend}</ol></figure>"
    )


def _table(texts: list[str], vectors: list[list[float]]) -> str:
    heads = "".join(f'<th scope="col">{index + 1}</th>' for index in range(len(texts)))
    rows = "".join(
        f'<tr><th scope="row">{index + 1} {escape(text)}</th>'
        + "".join(_cell(_cosine(vectors[index], other)) for other in vectors)
        + "</tr>"
        for index, text in enumerate(texts)
    )
    return (
        '<div class="scrolls" tabindex="0" role="region" aria-label="Cosine similarity">'
        '<table class="matrix">'
        f"<caption>Cosine similarity: 1 means the same</caption><tr><td></td>{heads}</tr>{rows}</table></div>"
    )


def _cell(cosine: float) -> str:
    return f'<td style="--near:{max(0.0, cosine) * 100:.0f}%">{cosine:.2f}</td>'


def _cosine(one: list[float], other: list[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0
