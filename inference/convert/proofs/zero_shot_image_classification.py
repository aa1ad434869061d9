"""Labels of the caller's own for pictures: whether the best one stays, and how far scores move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.convert.proofs import pictures
from inference.convert.proofs.budgets import LABEL_AGREEMENT, MEAN_SCORE_DIFFERENCE
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift
from inference.media.images import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.heads.zero_shot_image_classification import ZeroShotImageClassification

LABELS = ("a cloudy sky", "coloured stripes", "circles and squares", "a tiled wall", "a handwritten digit")
"""What the pictures made here show, and what the task's example does."""


class ZeroShotImageClassificationProof(Proof):
    """Compares the scores of the same labels for the same pictures."""

    def __init__(self, reference: ZeroShotImageClassification, inputs: Sequence[bytes]) -> None:
        self._inputs = inputs
        self._expected = _scores(reference, inputs)

    def measure(self, candidate: ZeroShotImageClassification) -> Drift:
        """The drift of a candidate with the same head."""
        import numpy as np

        found, expected = _scores(candidate, self._inputs), self._expected
        agreement = float((found.argmax(-1) == expected.argmax(-1)).mean())
        difference = np.abs(found - expected)
        figures = {
            "pictures": float(len(found)),
            "label_agreement": round(agreement, 5),
            "mean_score_difference": round(float(difference.mean()), 6),
            "max_score_difference": round(float(difference.max()), 6),
        }
        kept = agreement >= LABEL_AGREEMENT and difference.mean() <= MEAN_SCORE_DIFFERENCE
        return Drift(figures, bool(kept))

    @staticmethod
    def built_in_inputs() -> Sequence[bytes]:
        """Pictures made here, from seeds."""
        return pictures.read()


def _scores(head: ZeroShotImageClassification, inputs: Sequence[bytes]) -> NDArray[np.float64]:
    """Shape (pictures, labels)."""
    import numpy as np

    return np.stack([head.scores(decode(data), LABELS) for data in inputs])


PROOF = ZeroShotImageClassificationProof
