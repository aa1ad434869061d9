"""Measure the demo model that finds answers on texts that it was not trained on, to check its card.

python -m local.demo.evaluation.question_answering
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from local.demo.packaged import question_answering

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERYDAY = Path(__file__).parents[1] / "everyday_answers.tsv"
MOST_TOKENS = 15
"""Of an answer, as the function has it."""
FILLERS = {"a", "an", "the", "in", "on", "at", "by", "for", "to", "of", "from"}
"""Words that make no difference: "in 1912" is as right as "1912"."""


class Question(NamedTuple):
    """A question, a text, and the words of it that answer."""

    question: str
    context: str
    answer: str


class Accuracy(NamedTuple):
    """Of a model on questions."""

    exact: float
    """Part of the questions whose answer is found to the word."""
    overlap: float
    """F1 of the words of found and right answers, on average, as SQuAD has it."""


def read_questions(path: Path = EVERYDAY) -> list[Question]:
    """Read questions like those that a visitor would ask; no model is trained on them."""
    with path.open(encoding="utf-8", newline="") as table:
        return [Question(*row) for row in csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row]


@torch.inference_mode()
def find_answers(folder: Path, questions: Sequence[Question]) -> list[str]:
    """The likeliest part of each text, with plain transformers in fp32."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for each in questions:
        pair = tokenizer(each.question, each.context, return_tensors="pt", return_offsets_mapping=True)
        places = pair.pop("offset_mapping")[0].tolist()
        logits = model(**pair)
        is_context = torch.tensor([part == 1 for part in pair.sequence_ids(0)])
        start, end = (
            each[0].masked_fill(~is_context, -torch.inf) for each in (logits.start_logits, logits.end_logits)
        )
        spans = (start[:, None] + end[None, :]).triu().tril(MOST_TOKENS - 1)
        spans = spans.masked_fill(torch.ones_like(spans).triu().tril(MOST_TOKENS - 1) == 0, -torch.inf)
        first, last = divmod(int(spans.argmax()), spans.shape[1])
        found.append(each.context[places[first][0] : places[last][1]])
    return found


def words_of(answer: str) -> list[str]:
    """The words that matter."""
    return [word for word in re.findall(r"[\w$'.,:-]*\w", answer.lower()) if word not in FILLERS]


def overlap(found: str, right: str) -> float:
    """F1 of two answers' words."""
    ours, theirs = Counter(words_of(found)), Counter(words_of(right))
    common = sum((ours & theirs).values())
    return 2 * common / (ours.total() + theirs.total()) if common else 0.0


def accuracy(found: Sequence[str], questions: Sequence[Question]) -> Accuracy:
    """How often answers are right, and how near they are."""
    scores = [overlap(one, each.answer) for one, each in zip(found, questions, strict=True)]
    return Accuracy(sum(score == 1 for score in scores) / len(scores), sum(scores) / len(scores))


def measure(folder: Path) -> Accuracy:
    """Of a model on the everyday questions."""
    questions = read_questions()
    return accuracy(find_answers(folder, questions), questions)


def main() -> None:
    """Print the result, and each mistake."""
    with tempfile.TemporaryDirectory() as name:
        question_answering.make(Path(name))
        questions = read_questions()
        found = find_answers(Path(name), questions)
    for answer, each in zip(found, questions, strict=True):
        if overlap(answer, each.answer) < 1:
            print(f"  {each.question} found {answer!r}, should be {each.answer!r}")
    print(accuracy(found, questions))


if __name__ == "__main__":
    main()
