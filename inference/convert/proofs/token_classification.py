"""Entities: how often a token keeps its label, and how many entities stay exactly where they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert.proofs.budgets import ENTITY_AGREEMENT, LABEL_AGREEMENT, MEAN_SCORE_DIFFERENCE
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift
from inference.engines.onnx.heads.token_classification import IGNORED

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Answers:
    """What a head says about all texts."""

    scores: NDArray[np.float64]
    """Shape (tokens of all texts, labels)."""
    entities: set[tuple[int, int, int, str]]
    """Text, start, end, type."""


class TokenClassificationProof(Proof):
    """Compares labels of tokens, and entities."""

    def __init__(self, reference: Any, inputs: Sequence[str]) -> None:
        self._inputs = inputs
        self._expected = _answers(reference, inputs)

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate with the same head."""
        import numpy as np

        found, expected = _answers(candidate, self._inputs), self._expected
        difference = np.abs(found.scores - expected.scores)
        labels = float((found.scores.argmax(-1) == expected.scores.argmax(-1)).mean())
        either = len(found.entities) + len(expected.entities)
        entities = 2 * len(found.entities & expected.entities) / either if either else 1.0
        figures = {
            "texts": float(len(self._inputs)),
            "tokens": float(len(expected.scores)),
            "entities": float(len(expected.entities)),
            "label_agreement": round(labels, 5),
            "entity_agreement": round(entities, 5),
            "mean_score_difference": round(float(difference.mean()), 6),
            "max_score_difference": round(float(difference.max()), 6),
        }
        kept = labels >= LABEL_AGREEMENT and entities >= ENTITY_AGREEMENT
        return Drift(figures, bool(kept and difference.mean() <= MEAN_SCORE_DIFFERENCE))


def _answers(head: Any, inputs: Sequence[str]) -> Answers:
    import numpy as np

    readings = [head.read(text) for text in inputs]
    entities = {
        (number, entity["start"], entity["end"], entity["entity_group"])
        for number, reading in enumerate(readings)
        for entity in head.entities(reading, "simple", IGNORED)
    }
    return Answers(np.array([token.scores for reading in readings for token in reading.tokens]), entities)


PROOF = TokenClassificationProof
