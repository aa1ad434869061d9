"""Measure the demo ranking model on questions that it was not trained on, to check its card.

python -m local.demo.evaluation.reranking
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

HERE = Path(__file__).parents[1]
MODEL = HERE / "models" / "hublet" / "demo-rerank"
EVERYDAY = HERE / "everyday_ranking.tsv"


class Question(NamedTuple):
    """A question and texts, the first of which answers it."""

    query: str
    texts: list[str]


class Accuracy(NamedTuple):
    """Of a model on questions."""

    first: float
    """Part of the questions whose answer is ranked first."""
    reciprocal_rank: float
    """Mean of 1 / the rank of the answer."""


def read_questions(path: Path = EVERYDAY) -> list[Question]:
    """Read questions like those that a visitor would type; no model is trained on them."""
    with path.open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
    return [Question(query, texts) for query, *texts in rows]


def scores_of(folder: Path, questions: list[Question]) -> list[list[float]]:
    """A logit for each text of each question."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    with torch.inference_mode():
        for question in questions:
            pairs = [(question.query, text) for text in question.texts]
            coded = tokenizer(pairs, padding=True, truncation=True, return_tensors="pt")
            coded.setdefault("token_type_ids", torch.zeros_like(coded["input_ids"]))
            found.append(model(**coded).logits[:, 0].tolist())
    return found


def accuracy(scores: list[list[float]]) -> Accuracy:
    """Where the first text of each question stands."""
    ranks = [1 + sum(other > answer for other in others) for answer, *others in scores]
    return Accuracy(
        sum(rank == 1 for rank in ranks) / len(ranks), sum(1 / rank for rank in ranks) / len(ranks)
    )


def measure(folder: Path = MODEL) -> Accuracy:
    """Of a model on the everyday questions."""
    questions = read_questions()
    return accuracy(scores_of(folder, questions))


if __name__ == "__main__":
    print(measure())
