"""Whether an answer under load is the one that was given in quiet."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

TOLERANCE = 1e-4
"""Absolute, for every float. The same weights on the same machine give the same bits as long as threads share
the work in the same way; where they do not, float32 sums of scores and unit vectors differ by about 1e-6.
The requests of a mix are chosen so that any two answers differ by far more than this (``alike``)."""


def same(given: Any, expected: Any, tolerance: float = TOLERANCE) -> bool:
    """Equal in everything but floats, which may differ a little."""
    if isinstance(expected, float) and isinstance(given, (int, float)):
        return math.isclose(given, expected, rel_tol=0, abs_tol=tolerance)
    if isinstance(expected, list) and isinstance(given, list):
        return len(given) == len(expected) and all(
            same(one, other, tolerance) for one, other in zip(given, expected, strict=True)
        )
    if isinstance(expected, dict) and isinstance(given, dict):
        return given.keys() == expected.keys() and all(
            same(given[key], expected[key], tolerance) for key in expected
        )
    return type(given) is type(expected) and bool(given == expected)


def alike(answers: list[Any]) -> list[tuple[int, int]]:
    """Pairs that could be taken for each other: a swapped answer among them would not be noticed."""
    numbered = combinations(enumerate(answers), 2)
    return [(i, j) for (i, one), (j, other) in numbered if same(one, other, 10 * TOLERANCE)]
