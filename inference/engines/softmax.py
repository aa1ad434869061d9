"""Probabilities from logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Over the last axis, in double precision; the same shape."""
    import numpy as np

    values = logits.astype(np.float64)
    exponents = np.exp(values - values.max(-1, keepdims=True))
    result: NDArray[np.float64] = exponents / exponents.sum(-1, keepdims=True)
    return result
