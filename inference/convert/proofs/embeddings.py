"""Vectors: how far each turns, and how much nearer or farther texts get to each other by that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.proofs.budgets import MEAN_COSINE, MIN_COSINE
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray


class EmbeddingsProof(Proof):
    """Compares directions of vectors."""

    def __init__(self, reference: Any, inputs: Sequence[Any]) -> None:
        self._texts = list(_texts(inputs))
        self._expected = _vectors(reference, self._texts)

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate with the same head."""
        import numpy as np

        found = _vectors(candidate, self._texts)
        cosines = (found * self._expected).sum(-1)
        pairs = np.triu_indices(len(self._texts), 1)
        moved = np.abs(found @ found.T - self._expected @ self._expected.T)[pairs]
        figures = {
            "texts": float(len(self._texts)),
            "min_cosine": round(float(cosines.min()), 6),
            "mean_cosine": round(float(cosines.mean()), 6),
            "mean_similarity_difference": round(float(moved.mean()), 6),
            "max_similarity_difference": round(float(moved.max()), 6),
        }
        kept = cosines.min() >= MIN_COSINE and cosines.mean() >= MEAN_COSINE
        return Drift(figures, bool(kept))


def _texts(inputs: Sequence[Any]) -> Iterator[str]:
    """Tags that share the head have inputs of other shapes: a text, or a sentence with others."""
    for item in inputs:
        if isinstance(item, str):
            yield item
        else:
            yield from (item["source_sentence"], *item["sentences"])


def _vectors(head: Any, texts: Sequence[str]) -> NDArray[np.float64]:
    """Shape (texts, size), each of length 1."""
    import numpy as np

    return np.stack([head.vector(text, {"normalize": True}) for text in texts])


PROOF = EmbeddingsProof
