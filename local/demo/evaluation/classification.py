"""Measure the demo zero-shot classifier on texts and labels that it was not trained on, to check its card.

python -m local.demo.evaluation.classification --data FOLDER_OF_CORPORA
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from local.demo.corpus.public import read_questions
from local.demo.packaged import classification

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERYDAY = Path(__file__).parents[1] / "everyday_labels.tsv"
TEMPLATE = "This example is {}."
UNSEEN_INTENTS = 15
"""So many intents of banking77 are kept from training."""
QUESTIONS = 60
SEED = 77


class Labelled(NamedTuple):
    """A text and labels, the first of which fits best."""

    text: str
    labels: list[str]


def read_labelled(path: Path = EVERYDAY) -> list[Labelled]:
    """Read texts like those that a visitor would type; no model is trained on them."""
    with path.open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.reader(table, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
    return [Labelled(text, labels) for text, *labels in rows]


def unseen(data: Path) -> list[str]:
    """Intents of banking77 that are kept from training."""
    names = json.loads((data / "banking77" / "categories.json").read_text(encoding="utf-8"))
    intents = sorted(name.replace("_", " ").strip("? ") for name in names)
    return random.Random(SEED).sample(intents, UNSEEN_INTENTS)


def read_unseen(data: Path) -> list[Labelled]:
    """Questions to a bank with these intents, each with all of them as labels."""
    intents = unseen(data)
    questions = [each for each in read_questions(data, held_out=True) if each.intent in intents]
    chosen = random.Random(SEED).sample(questions, QUESTIONS)
    others = {intent: [each for each in intents if each != intent] for intent in intents}
    return [Labelled(each.text, [each.intent, *others[each.intent]]) for each in chosen]


@torch.inference_mode()
def scores_of(folder: Path, rows: Sequence[Labelled]) -> list[list[float]]:
    """For each text the probability of each label by itself, with plain transformers in fp32."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    found = []
    for row in rows:
        pairs = [(row.text, TEMPLATE.format(label)) for label in row.labels]
        coded = tokenizer(pairs, padding=True, truncation="only_first", return_tensors="pt")
        found.append(model(**coded).logits.softmax(-1)[:, 1].tolist())
    return found


def accuracy(scores: Sequence[Sequence[float]]) -> float:
    """Part of the texts whose best label is the first."""
    return sum(max(row) == row[0] for row in scores) / len(scores)


def measure(folder: Path) -> float:
    """Of a model on the everyday texts."""
    return accuracy(scores_of(folder, read_labelled()))


def main() -> None:
    """Print each mistake and the accuracy; with ``--data`` also on unseen intents of a bank."""
    parser = argparse.ArgumentParser(description="Measure the demo zero-shot classifier.")
    parser.add_argument("--data", type=Path, help="the folder with rt_polarity and banking77")
    data = parser.parse_args().data
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        classification.make(folder)
        rows = read_labelled()
        found = scores_of(folder, rows)
        for row, scores in zip(rows, found, strict=True):
            mark = "  " if max(scores) == scores[0] else "x "
            print(mark, row.text, dict(zip(row.labels, (round(each, 2) for each in scores), strict=True)))
        print(f"everyday: accuracy {accuracy(found):.4f} of {len(rows)} texts")
        if data:
            right = accuracy(scores_of(folder, read_unseen(data)))
            print(f"unseen intents: accuracy {right:.4f} of {QUESTIONS}, {UNSEEN_INTENTS} labels")


if __name__ == "__main__":
    main()
