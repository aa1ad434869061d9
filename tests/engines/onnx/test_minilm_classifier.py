"""A real classifier of 22 M parameters: int8 as the proof picks it, on sentences that it never saw."""

from __future__ import annotations

import csv
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.speed.cases.encoders import MINILM_PACKAGE
from inference.convert.proofs import texts as proof_texts
from inference.engines.onnx import engine as onnx
from inference.task import Call
from local.demo.everyday import Labelled
from local.demo.packaged.packages import folder_of
from local.demo.training.teacher import save_teacher, train_teacher
from tests.support.models.heads import converted, on_torch
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from inference.engines.engine import Engine

DATA = Path(os.environ.get("HUBLET_DATA", ROOT.parent / "shared" / "data"))
QUESTIONS = DATA / "banking77"
REVIEWS = DATA / "rt_polarity" / "sentences.tsv"
SECURITY = {
    "card_payment_not_recognised",
    "cash_withdrawal_not_recognised",
    "compromised_card",
    "direct_debit_payment_not_recognised",
    "lost_or_stolen_card",
    "lost_or_stolen_phone",
    "passcode_forgotten",
}
"""The subjects of customers' questions that a bank would want to see at once."""
TRAINING = 500
TESTING = 250
"""At most so many sentences of each kind: about security, of other subjects of a bank, of none."""
TAG = "text-classification"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.filterwarnings("default")]


def sentences(part: str, count: int) -> list[Labelled]:
    """Shuffled; label 1 is security. Reviews teach and test that most of what people write is not."""
    with (QUESTIONS / f"{part}.csv").open(encoding="utf-8", newline="") as stream:
        questions = [(row["text"], row["category"] in SECURITY) for row in csv.DictReader(stream)]
    with REVIEWS.open(encoding="utf-8") as stream:
        reviews = [row[0] for row in csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)][1:]
    chance = random.Random(0)
    chance.shuffle(questions)
    chance.shuffle(reviews)
    half = len(reviews) // 2
    kinds = (
        [text for text, is_security in questions if is_security],
        [text for text, is_security in questions if not is_security],
        reviews[:half] if part == "train" else reviews[half:],
    )
    chosen = [Labelled(int(kind is kinds[0]), text) for kind in kinds for text in kind[:count]]
    chance.shuffle(chosen)
    return chosen


def labels(engine: Engine, texts: list[str]) -> list[str]:
    return [result[0]["label"] for result in engine.run(Call(texts, {"top_k": 1}, is_list=True)).results]


def test_a_fine_tuned_minilm_keeps_its_labels_in_int8(tmp_path: Path) -> None:
    pytest.importorskip(MINILM_PACKAGE)
    if not (QUESTIONS.exists() and REVIEWS.exists()):
        pytest.skip("no banking77 and rt_polarity: set HUBLET_DATA to the folder that has them")
    unseen = sentences("test", TESTING)
    texts = [row.text for row in unseen]
    snapshot = tmp_path / "minilm"
    snapshot.mkdir()
    save_teacher(train_teacher(folder_of(MINILM_PACKAGE) / "model", sentences("train", TRAINING)), snapshot)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "auto", tuple(proof_texts.read()))
    manifest = artifact.manifest
    print(manifest.precision, manifest.reason, manifest.drift)
    assert manifest.precision.startswith("int8")
    served, exact = onnx.load(artifact, TAG, 2), on_torch(snapshot, TAG)
    found, expected = labels(served, texts), labels(exact, texts)
    right = sum(name == f"LABEL_{row.label}" for name, row in zip(expected, unseen, strict=True)) / len(
        unseen
    )
    assert right >= 0.9, "not a classifier that anybody would serve"
    agreeing = sum(one == other for one, other in zip(found, expected, strict=True)) / len(texts)
    print(f"{right:.2%} are right, {agreeing:.2%} of {len(texts)} labels agree")
    assert agreeing >= 0.99
