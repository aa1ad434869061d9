"""Matrices to int8, each row with a scale of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LARGEST_IN_PRODUCT = 64
"""The largest magnitude of a weight in a product: a sum of two products then fits into 16 bits."""
LARGEST_INT8 = 127
ROWS_AT_ONCE = 1024
"""Rounded together: a whole matrix would take its size several times over."""


def rounded_rows(table: NDArray[np.float32], most: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as int8 of magnitude ``most`` at most, and the scale of each row, of shape (rows, 1)."""
    import numpy as np

    rounded, scales = np.empty(table.shape, np.int8), np.ones((len(table), 1), np.float32)
    for begin in range(0, len(table), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        height = np.abs(table[part]).max(axis=1, keepdims=True)
        scales[part] = np.where(height > 0, height / most, 1.0)
        rounded[part] = np.rint(table[part] / scales[part])
    return rounded, scales
