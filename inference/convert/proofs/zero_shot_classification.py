"""Labels of the caller's own: whether each still follows from the text, and which one follows best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.proofs.budgets import LABEL_AGREEMENT, MEAN_SCORE_DIFFERENCE
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift
from inference.engines.onnx.heads.zero_shot_classification import label_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

LABELS = ("opinion", "news", "instruction", "conversation", "travel", "food", "technology", "money", "health")
LABELS_PER_TEXT = 2
EVERY = 3
"""Each label costs a run of what is mostly a large model: a third of the texts, with some labels each."""


class ZeroShotClassificationProof(Proof):
    """Compares what follows from texts, for labels of a caller's own."""

    def __init__(self, reference: Any, inputs: Sequence[str]) -> None:
        self._inputs = inputs[::EVERY]
        self._expected = _logits(reference, self._inputs)

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate with the same head."""
        import numpy as np

        found, expected = _logits(candidate, self._inputs), self._expected
        follows, expected_follows = found.argmax(-1), expected.argmax(-1)
        pairs = float((follows == expected_follows).mean())
        best = float((found[..., 1].argmax(-1) == expected[..., 1].argmax(-1)).mean())
        scores = [np.stack([label_scores(row, True) for row in rows]) for rows in (found, expected)]
        difference = np.abs(scores[0] - scores[1])
        figures = {
            "pairs": float(follows.size),
            "pair_agreement": round(pairs, 5),
            "label_agreement": round(best, 5),
            "mean_score_difference": round(float(difference.mean()), 6),
            "max_score_difference": round(float(difference.max()), 6),
        }
        kept = min(pairs, best) >= LABEL_AGREEMENT and difference.mean() <= MEAN_SCORE_DIFFERENCE
        return Drift(figures, bool(kept))


def _logits(head: Any, inputs: Sequence[str]) -> NDArray[np.float32]:
    """Contradiction and entailment; shape (texts, labels of each, 2)."""
    import numpy as np

    labels = [LABELS[number % len(LABELS)] for number in range(len(inputs) + LABELS_PER_TEXT)]
    return np.stack(
        [
            head.judge([text], labels[number : number + LABELS_PER_TEXT])[0].logits
            for number, text in enumerate(inputs)
        ]
    )


PROOF = ZeroShotClassificationProof
