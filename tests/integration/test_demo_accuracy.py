"""The trained demo models through running functions, int8 and all: as good as their cards say."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.demo.evaluation import digits as measure_digits
from local.demo.evaluation.sentiment import positive_scores, read_everyday, split_corpus
from local.demo.number_words import held_out, spell
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from local.demo.everyday import Labelled
    from tests.support.served import Served

CORPUS = (
    Path(os.environ.get("HUBLET_DATA", ROOT.parent / "shared" / "data")) / "rt_polarity" / "sentences.tsv"
)
AT_ONCE = 50
NUMBERS_AT_ONCE = 32
PICTURES_AT_ONCE = 16


def ask(served: Served, rows: list[Labelled]) -> list[int]:
    """The label, 1 for positive, that the function gives each sentence."""
    labels: list[int] = []
    for start in range(0, len(rows), AT_ONCE):
        texts = [row.text for row in rows[start : start + AT_ONCE]]
        results = served.post("sentiment/", {"inputs": texts, "parameters": {"top_k": 1}}).json()
        labels += [int(best["label"] == "POSITIVE") for (best,) in results]
    return labels


def share(found: list[int], expected: list[int]) -> float:
    return sum(one == other for one, other in zip(found, expected, strict=True)) / len(expected)


def test_everyday_sentences(served: Served) -> None:
    rows = read_everyday()
    assert share(ask(served, rows), [row.label for row in rows]) >= 0.85


def test_held_out_sentences_and_their_agreement_with_fp32(served: Served) -> None:
    if not CORPUS.is_file():
        pytest.skip("no rt_polarity/sentences.tsv: set HUBLET_DATA to the folder that has it")
    rows = split_corpus(CORPUS).held_out
    found = ask(served, rows)
    assert share(found, [row.label for row in rows]) >= 0.75
    exact = [int(score > 0.5) for score in positive_scores([row.text for row in rows])]
    assert share(found, exact) >= 0.99


def test_unseen_numbers_in_int8(served: Served) -> None:
    numbers = sorted(held_out())
    found: list[str] = []
    for start in range(0, len(numbers), NUMBERS_AT_ONCE):
        texts = [spell(number) for number in numbers[start : start + NUMBERS_AT_ONCE]]
        found += [each["translation_text"] for each in served.post("translation/", {"inputs": texts}).json()]
    assert len(found) == 500
    right = sum(text == str(number) for text, number in zip(found, numbers, strict=True))
    assert right / len(numbers) >= 0.99
    assert served.get("translation").json()["precision"] == "int8"


def test_unseen_digits(served: Served) -> None:
    pictures = measure_digits.split_corpus().held_out
    files = [base64.b64encode(measure_digits.to_png(picture.image)).decode() for picture in pictures]
    found: list[int] = []
    for start in range(0, len(files), PICTURES_AT_ONCE):
        body = {"inputs": files[start : start + PICTURES_AT_ONCE], "parameters": {"top_k": 1}}
        found += [int(best["label"]) for (best,) in served.post("image-classification/", body).json()]
    assert share(found, [picture.digit for picture in pictures]) >= 0.95
