"""Measure the demo sentiment model on held-out text, to check its card.

python -m local.demo.evaluation.sentiment --data PATH/sentences.tsv
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from pathlib import Path
from typing import NamedTuple

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from local.demo.everyday import Labelled

HERE = Path(__file__).parents[1]
MODEL = HERE / "models" / "hublet" / "demo-sentiment"
EVERYDAY = HERE / "everyday_sentiment.tsv"
DEVELOPMENT = HERE / "everyday_development.tsv"
HELD_OUT = 1000
SPLIT_SEED = 2005
BATCH = 64


class ReviewSplit(NamedTuple):
    """Film reviews for training, and held-out film reviews."""

    train: list[Labelled]
    held_out: list[Labelled]


def read_rows(path: Path, column: str) -> list[Labelled]:
    """Read labelled sentences from a table whose header names the columns."""
    with path.open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Labelled(int(row["label"]), row[column]) for row in rows]


def read_everyday(path: Path = EVERYDAY) -> list[Labelled]:
    """Read sentences like those that a visitor would type; no model is trained on them."""
    return read_rows(path, "text")


def detokenize(text: str) -> str:
    """Remove the corpus's spaces around punctuation: people type "don't,", not "do n't ,"."""
    text = text.replace(" n't", "n't").replace("\u2019", "'")
    text = re.sub(r" ?\.(?: \.)+", "...", text)
    text = re.sub(r" (?=[.,;:!?%)\]]|'(?:s|re|ve|ll|d|m)\b)", "", text)
    text = re.sub(r"(?<=[(\[$]) ", "", text)
    return re.sub(r'" ([^"]*) "', r'"\1"', text).strip()


def split_corpus(path: Path) -> ReviewSplit:
    """Split the reviews in the same way on every machine: only the file and the seed matter."""
    rows = [Labelled(row.label, detokenize(row.text)) for row in read_rows(path, "sentence")]
    random.Random(SPLIT_SEED).shuffle(rows)
    held_out = rows[:HELD_OUT]
    unseen = {row.text for row in held_out}
    return ReviewSplit([row for row in rows[HELD_OUT:] if row.text not in unseen], held_out)


@torch.no_grad()
def positive_scores(texts: list[str], model_dir: Path = MODEL) -> list[float]:
    """Score texts with plain transformers in fp32: the reference for every engine."""
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    model = AutoModelForSequenceClassification.from_pretrained(model_dir, dtype=torch.float32).eval()
    scores: list[float] = []
    for start in range(0, len(texts), BATCH):
        batch = tokenizer(texts[start : start + BATCH], padding=True, truncation=True, return_tensors="pt")
        scores += model(**batch).logits.softmax(-1)[:, 1].tolist()
    return scores


def accuracy(rows: list[Labelled], scores: list[float]) -> float:
    """The share of sentences whose label the scores get right."""
    return sum((score > 0.5) == bool(row.label) for row, score in zip(rows, scores, strict=True)) / len(rows)


def calibration_error(rows: list[Labelled], scores: list[float], bins: int = 10) -> float:
    """Expected calibration error: the mean distance between confidence and accuracy."""
    sums = [0.0] * bins
    for row, score in zip(rows, scores, strict=True):
        confidence = max(score, 1 - score)
        right = (score > 0.5) == bool(row.label)
        sums[min(int(confidence * bins), bins - 1)] += confidence - right
    return sum(abs(gap) for gap in sums) / len(rows)


def report(name: str, rows: list[Labelled], model_dir: Path) -> None:
    """Print one line of results, and for a small set also its mistakes."""
    scores = positive_scores([row.text for row in rows], model_dir)
    right, error = accuracy(rows, scores), calibration_error(rows, scores)
    print(f"{name}: accuracy {right:.4f}, calibration error {error:.3f}, {len(rows)} sentences")
    for row, score in zip(rows, scores, strict=True):
        if len(rows) < HELD_OUT and (score > 0.5) != bool(row.label):
            print(f"  wrong: {score:.2f} positive, should be {row.label}: {row.text}")


def main() -> None:
    """Measure the everyday set, and with ``--data`` the held-out reviews."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="rt_polarity as a table: sentence, label")
    parser.add_argument("--model", type=Path, default=MODEL)
    arguments = parser.parse_args()
    report("everyday", read_everyday(), arguments.model)
    if arguments.data:
        report("held out", split_corpus(arguments.data).held_out, arguments.model)


if __name__ == "__main__":
    main()
