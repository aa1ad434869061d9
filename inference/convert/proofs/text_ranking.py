"""Rankings: whether the best text stays the best, and how often two texts keep their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from inference.convert.proofs.budgets import LABEL_AGREEMENT, MEAN_SCORE_DIFFERENCE, ORDER_AGREEMENT
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

TEXTS = 8
"""That are ranked for one query."""


class Ranking(NamedTuple):
    """A query and the texts to rank."""

    query: str
    texts: list[str]


class TextRankingProof(Proof):
    """Compares the logits of a query's texts."""

    def __init__(self, reference: Any, inputs: Sequence[Any]) -> None:
        self._rankings = list(_rankings(inputs))
        self._expected = _logits(reference, self._rankings)

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate with the same head."""
        import numpy as np

        pairs = list(zip(_logits(candidate, self._rankings), self._expected, strict=True))
        first = float(np.mean([found.argmax() == expected.argmax() for found, expected in pairs]))
        order = float(np.concatenate([_same_order(*pair) for pair in pairs]).mean())
        difference = np.concatenate([np.abs(_sigmoid(one) - _sigmoid(other)) for one, other in pairs])
        figures = {
            "texts": float(difference.size),
            "first_agreement": round(first, 5),
            "order_agreement": round(order, 5),
            "mean_score_difference": round(float(difference.mean()), 6),
            "max_score_difference": round(float(difference.max()), 6),
        }
        kept = first >= LABEL_AGREEMENT and order >= ORDER_AGREEMENT
        return Drift(figures, bool(kept and difference.mean() <= MEAN_SCORE_DIFFERENCE))


def _rankings(inputs: Sequence[Any]) -> Iterator[Ranking]:
    """The examples; then the first half of a text as a query for that text and others, in which one fits."""
    yield from (Ranking(item["query"], item["texts"]) for item in inputs if not isinstance(item, str))
    texts = [item for item in inputs if isinstance(item, str)]
    for start in range(0, len(texts), TEXTS):
        group = texts[start : start + TEXTS]
        yield Ranking(group[0][: max(1, len(group[0]) // 2)], group)


def _logits(head: Any, rankings: Sequence[Ranking]) -> list[NDArray[np.float64]]:
    """Of each ranking, shape (texts,)."""
    import numpy as np

    return [np.array(head.logits(ranking.query, ranking.texts)) for ranking in rankings]


def _same_order(found: NDArray[np.float64], expected: NDArray[np.float64]) -> NDArray[np.bool_]:
    """For each two texts of a ranking, whether their order stays."""
    import numpy as np

    one, other = np.triu_indices(len(found), 1)
    same: NDArray[np.bool_] = np.sign(found[one] - found[other]) == np.sign(expected[one] - expected[other])
    return same


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    scores: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
    return scores


PROOF = TextRankingProof
