"""Masks: how often the likeliest token stays, and how many of the likeliest five."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert.proofs.budgets import MEAN_SCORE_DIFFERENCE, TOP_1_AGREEMENT, TOP_5_OVERLAP
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

FEWEST_WORDS = 3


@dataclass(frozen=True)
class Filling:
    """What the reference says about one mask."""

    best: NDArray[np.int64]
    """Its five likeliest tokens, likeliest first."""
    score: float
    """The first one's probability."""


class FillMaskProof(Proof):
    """Compares the likeliest tokens of masks."""

    def __init__(self, reference: Any, inputs: Sequence[str]) -> None:
        self._texts = list(masked(inputs, reference.mask))
        self._expected = [
            Filling(_best(scores), float(scores.max())) for scores in _scores(reference, self._texts)
        ]

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate with the same head."""
        first, shared, differences = [], [], []
        for scores, expected in zip(_scores(candidate, self._texts), self._expected, strict=True):
            best = _best(scores)
            first.append(bool(best[0] == expected.best[0]))
            shared.append(len(set(best.tolist()) & set(expected.best.tolist())) / len(expected.best))
            differences.append(abs(float(scores[expected.best[0]]) - expected.score))
        masks = len(self._expected)
        agreement, overlap, difference = sum(first) / masks, sum(shared) / masks, sum(differences) / masks
        figures = {
            "masks": float(masks),
            "top_1_agreement": round(agreement, 5),
            "top_5_overlap": round(overlap, 5),
            "mean_score_difference": round(difference, 6),
            "max_score_difference": round(max(differences), 6),
        }
        kept = agreement >= TOP_1_AGREEMENT and overlap >= TOP_5_OVERLAP
        return Drift(figures, kept and difference <= MEAN_SCORE_DIFFERENCE)


def masked(texts: Iterable[str], mask: str) -> Iterator[str]:
    """Texts that hold a mask as they are, others with a word in the middle masked; very short ones not."""
    for text in texts:
        words = text.split(" ")
        if mask in text:
            yield text
        elif len(words) >= FEWEST_WORDS:
            words[len(words) // 2] = mask
            yield " ".join(words)


def _scores(head: Any, texts: Sequence[str]) -> Iterator[NDArray[np.float64]]:
    """Shape (vocabulary,) for each mask."""
    for text in texts:
        gaps = head.read(text)
        yield from (gaps.scores(number) for number in range(len(gaps.at)))


def _best(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    import numpy as np

    return np.argsort(-scores, kind="stable")[:5]


PROOF = FillMaskProof
