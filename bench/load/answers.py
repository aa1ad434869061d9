"""Compare an answer under load with the reference answer, which was given without load."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

TOLERANCE = 1e-4
"""Absolute, for every float. Threads may share the work in different ways; float32 sums of scores and unit
vectors then differ by about 1e-6. Answers to different requests differ by far more (``find_alike``)."""


def is_same(given: Any, expected: Any, tolerance: float = TOLERANCE) -> bool:
    """Whether both are equal, except for small differences between floats."""
    if isinstance(expected, float) and isinstance(given, (int, float)):
        return math.isclose(given, expected, rel_tol=0, abs_tol=tolerance)
    if isinstance(expected, list) and isinstance(given, list):
        return len(given) == len(expected) and all(
            is_same(one, other, tolerance) for one, other in zip(given, expected, strict=True)
        )
    if isinstance(expected, dict) and isinstance(given, dict):
        return given.keys() == expected.keys() and all(
            is_same(given[key], expected[key], tolerance) for key in expected
        )
    return type(given) is type(expected) and bool(given == expected)


def find_alike(answers: list[Any]) -> list[tuple[int, int]]:
    """Index pairs of answers so similar that a swap would not be noticed."""
    numbered = combinations(enumerate(answers), 2)
    return [(i, j) for (i, one), (j, other) in numbered if is_same(one, other, 10 * TOLERANCE)]
