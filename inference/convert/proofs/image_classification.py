"""Labels of pictures: how often the best one stays, and how far its score moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.proofs import pictures
from inference.convert.proofs.budgets import LABEL_AGREEMENT, MEAN_SCORE_DIFFERENCE
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift
from inference.media.images import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class ImageClassificationProof(Proof):
    """Compares the labels of pictures."""

    def __init__(self, reference: Any, inputs: Sequence[bytes]) -> None:
        self._inputs = inputs
        self._expected = _scores(reference, inputs)

    @staticmethod
    def built_in_inputs() -> Sequence[bytes]:
        """Pictures made here."""
        return pictures.read()

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate; scores are compared on torch's best label: a thousand others hide it."""
        import numpy as np

        found, expected = _scores(candidate, self._inputs), self._expected
        best = expected.argmax(-1)
        agreement = float((found.argmax(-1) == best).mean())
        moved = np.abs(found - expected)[np.arange(len(best)), best]
        figures = {
            "pictures": float(len(best)),
            "label_agreement": round(agreement, 5),
            "mean_score_difference": round(float(moved.mean()), 6),
            "max_score_difference": round(float(moved.max()), 6),
        }
        kept = agreement >= LABEL_AGREEMENT and moved.mean() <= MEAN_SCORE_DIFFERENCE
        return Drift(figures, bool(kept))


def _scores(head: Any, inputs: Sequence[bytes]) -> NDArray[np.float64]:
    """Shape (pictures, labels)."""
    import numpy as np

    return np.stack([head.scores(decode(data)) for data in inputs])


PROOF = ImageClassificationProof
