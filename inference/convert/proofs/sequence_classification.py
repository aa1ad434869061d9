"""Labels: how often the best one stays, and how far scores move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.proofs.budgets import LABEL_AGREEMENT, MEAN_SCORE_DIFFERENCE
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class SequenceClassificationProof(Proof):
    """Compares the labels of texts."""

    def __init__(self, reference: Any, inputs: Sequence[str]) -> None:
        self._inputs = inputs
        self._expected = _scores(reference, inputs)

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate with the same head."""
        import numpy as np

        found = _scores(candidate, self._inputs)
        difference = np.abs(found - self._expected)
        agreement = float((found.argmax(-1) == self._expected.argmax(-1)).mean())
        figures = {
            "texts": float(len(self._inputs)),
            "label_agreement": round(agreement, 5),
            "mean_score_difference": round(float(difference.mean()), 6),
            "max_score_difference": round(float(difference.max()), 6),
        }
        kept = agreement >= LABEL_AGREEMENT and difference.mean() <= MEAN_SCORE_DIFFERENCE
        return Drift(figures, bool(kept))


def _scores(head: Any, inputs: Sequence[str]) -> NDArray[np.float64]:
    """Shape (texts, labels)."""
    import numpy as np

    return np.stack([head.scores(text) for text in inputs])


PROOF = SequenceClassificationProof
