"""The demo model through the running function, int8 and all: as good as its card says, and as fp32 torch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.demo.measure_sentiment import positive_scores, read_everyday, split_corpus
from tests.conftest import ROOT

if TYPE_CHECKING:
    from local.demo.everyday_training import Labelled
    from tests.integration.conftest import Served

CORPUS = (
    Path(os.environ.get("HUBLET_DATA", ROOT.parent / "shared" / "data")) / "rt_polarity" / "sentences.tsv"
)
AT_ONCE = 50


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
