"""Answers: how often the best one stays the same stretch of the context, or at least most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.proofs.budgets import ANSWER_AGREEMENT, ANSWER_OVERLAP, MEAN_SCORE_DIFFERENCE
from inference.convert.proofs.proof import Proof
from inference.convert.recipe import Drift
from inference.task import Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TEXTS_IN_CONTEXT = 4
WORDS_IN_QUESTION = 12


class QuestionAnsweringProof(Proof):
    """Compares the best answers."""

    def __init__(self, reference: Any, inputs: Sequence[Any]) -> None:
        examples = [item for item in inputs if not isinstance(item, str)]
        texts = [item for item in inputs if isinstance(item, str)]
        self._items = [*examples, *questions(texts)]
        self._expected = _answers(reference, self._items)

    def measure(self, candidate: Any) -> Drift:
        """The drift of a candidate with the same head."""
        pairs = list(zip(_answers(candidate, self._items), self._expected, strict=True))
        same = [(a["start"], a["end"]) == (b["start"], b["end"]) for a, b in pairs]
        overlaps = [overlap(a, b) for a, b in pairs]
        differences = [abs(a["score"] - b["score"]) for a, b in pairs]
        agreement, shared = sum(same) / len(pairs), sum(overlaps) / len(pairs)
        difference = sum(differences) / len(pairs)
        figures = {
            "questions": float(len(pairs)),
            "answer_agreement": round(agreement, 5),
            "answer_overlap": round(shared, 5),
            "mean_score_difference": round(difference, 6),
            "max_score_difference": round(max(differences), 6),
        }
        kept = agreement >= ANSWER_AGREEMENT and shared >= ANSWER_OVERLAP
        return Drift(figures, kept and difference <= MEAN_SCORE_DIFFERENCE)


def questions(texts: Sequence[str]) -> Iterator[dict[str, str]]:
    """Every second text's own beginning with a word asked for, about that text among its neighbours.

    A question like this has an answer, whatever the text: "The shop in what refused to take it back?"
    """
    for first in range(0, len(texts), TEXTS_IN_CONTEXT):
        together = texts[first : first + TEXTS_IN_CONTEXT]
        for text in together[::2]:
            words = text.split()[:WORDS_IN_QUESTION]
            asked = words.index(max(words, key=len))
            question = " ".join([*words[:asked], "what", *words[asked + 1 :]])
            yield {"question": f"{question.rstrip('.!?')}?", "context": " ".join(together)}


def overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How much two spans share: 1 for the same characters, 0 for none in common."""
    shared = min(one["end"], other["end"]) - max(one["start"], other["start"])
    both = one["end"] - one["start"] + other["end"] - other["start"]
    return max(0.0, 2 * shared / both) if both else 1.0


def _answers(head: Any, items: list[dict[str, str]]) -> list[dict[str, Any]]:
    best = head.run(Call(items, {}, is_list=True)).results
    return [found[0] if found else {"start": 0, "end": 0, "score": 0.0} for found in best]


PROOF = QuestionAnsweringProof
