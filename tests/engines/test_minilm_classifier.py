"""A real classifier of 22 M parameters: int8 as the proof picks it, on sentences that it never saw."""

from __future__ import annotations

import csv
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.rows.encoders import MINILM_PACKAGE
from inference.convert import proof_texts
from inference.engines import onnx
from inference.task import Call
from local.demo.everyday_training import Labelled
from local.demo.packages import folder_of
from local.demo.sentiment_teacher import save_teacher, train_teacher
from tests.conftest import ROOT
from tests.engines.tiny_heads import converted, on_torch

if TYPE_CHECKING:
    from inference.engines.engine import Engine

CORPUS = (
    Path(os.environ.get("HUBLET_DATA", ROOT.parent / "shared" / "data")) / "rt_polarity" / "sentences.tsv"
)
SENTENCES = 600
TRAINING = 1_500
TAG = "text-classification"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.filterwarnings("default")]


def labels(engine: Engine, texts: list[str]) -> list[str]:
    return [result[0]["label"] for result in engine.run(Call(texts, {"top_k": 1}, is_list=True))]


def test_a_fine_tuned_minilm_keeps_its_labels_in_int8(tmp_path: Path) -> None:
    pytest.importorskip(MINILM_PACKAGE)
    if not CORPUS.exists():
        pytest.skip("no rt_polarity/sentences.tsv: set HUBLET_DATA to the folder that has it")
    with CORPUS.open(encoding="utf-8") as stream:
        rows = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    chosen = rows[1 :: len(rows) // (SENTENCES + TRAINING)]
    random.Random(0).shuffle(chosen)  # they are sorted by label
    texts = [row[0] for row in chosen[:SENTENCES]]
    training = [Labelled(int(row[1]), row[0]) for row in chosen[SENTENCES:]]
    snapshot = tmp_path / "minilm"
    snapshot.mkdir()
    save_teacher(train_teacher(folder_of(MINILM_PACKAGE) / "model", training), snapshot)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "auto", tuple(proof_texts.read()))
    manifest = artifact.manifest
    print(manifest.precision, manifest.reason, manifest.drift)
    assert manifest.precision.startswith("int8")
    served, exact = onnx.load(artifact, TAG, 2), on_torch(snapshot, TAG)
    found, expected = labels(served, texts), labels(exact, texts)
    assert len(set(expected)) == 2
    agreeing = sum(one == other for one, other in zip(found, expected, strict=True)) / len(texts)
    print(f"{agreeing:.2%} of {len(texts)} labels agree")
    assert agreeing >= 0.99
