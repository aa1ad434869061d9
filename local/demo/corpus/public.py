"""Sentences of two public corpora, and common English words, split into those to train on and those held out.

rt_polarity (Pang and Lee 2005) and banking77 (Casanueva et al. 2020) are both CC BY 4.0. They are not part of
this project; the training scripts are told where they lie.
"""

from __future__ import annotations

import csv
import random
from typing import TYPE_CHECKING, NamedTuple

from local.demo.evaluation.sentiment import split_corpus
from local.demo.training.teacher import read_tokenizer
from local.demo.training.tokenizer import common_words

if TYPE_CHECKING:
    from pathlib import Path

HELD_OUT_WORDS = 2_000
SPLIT_SEED = 2020


class Question(NamedTuple):
    """A question to a bank, and its intent: "card arrival"."""

    text: str
    intent: str


class Corpora(NamedTuple):
    """Sentences and words."""

    sentences: list[str]
    words: list[str]


def read_corpora(folder: Path, held_out: bool = False) -> Corpora:
    """The sentences and words for training, or those held out."""
    reviews = split_corpus(folder / "rt_polarity" / "sentences.tsv")
    chosen = [row.text for row in (reviews.held_out if held_out else reviews.train)]
    chosen += [question.text for question in read_questions(folder, held_out)]
    words = common_words(read_tokenizer())
    random.Random(SPLIT_SEED).shuffle(words)
    return Corpora(chosen, words[:HELD_OUT_WORDS] if held_out else words[HELD_OUT_WORDS:])


def read_questions(folder: Path, held_out: bool = False) -> list[Question]:
    """banking77's own split."""
    path = folder / "banking77" / ("test.csv" if held_out else "train.csv")
    with path.open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table)
        return [
            Question(" ".join(row["text"].split()), row["category"].replace("_", " ").strip("? "))
            for row in rows
        ]
