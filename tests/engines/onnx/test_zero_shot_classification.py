"""Zero-shot classification against transformers' own pipeline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.onnx import engine as onnx
from inference.engines.onnx.heads.zero_shot_classification import entailment_id
from inference.errors import InvalidField
from inference.task import Call
from tests.support.models.heads import FAMILIES, LONG, TEXTS, converted, make_model, on_torch

if TYPE_CHECKING:
    from pathlib import Path

TAG = "zero-shot-classification"
LABELS = ["news", "Oslo", "日本語", "a dot, a comma", "🎉"]
OPTIONS: tuple[dict[str, Any], ...] = (
    {"candidate_labels": LABELS},
    {"candidate_labels": LABELS, "multi_label": True},
    {"candidate_labels": LABELS[:1]},
    {"candidate_labels": LABELS[:2], "hypothesis_template": "{}: that is it."},
)

pytestmark = pytest.mark.filterwarnings("default")


class Pair:
    """A head, and the pipeline that it must answer like."""

    def __init__(self, snapshot: Path) -> None:
        from transformers import pipeline

        self.pipeline = pipeline(TAG, model=str(snapshot), device="cpu")
        self.head = on_torch(snapshot, TAG)

    def compare(self, texts: list[str], head: Any = None, **options: Any) -> None:
        """The same labels in the same order, and scores to 1e-4."""
        for text, found in zip(texts, call(head or self.head, texts, **options), strict=True):
            expected = self.pipeline(text, **options)
            assert [entry["label"] for entry in found] == expected["labels"]
            assert [entry["score"] for entry in found] == pytest.approx(expected["scores"], abs=1e-4)


def call(head: Any, texts: list[str], **parameters: Any) -> list[list[dict[str, Any]]]:
    result: list[list[dict[str, Any]]] = head.run(Call(texts, parameters, is_list=True)).results
    return result


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(make_model(tmp_path_factory.mktemp(request.param), TAG, request.param))


def test_scores_are_those_of_transformers(pair: Pair) -> None:
    for options in OPTIONS:
        pair.compare(TEXTS, **options)
    assert pair.head.run(Call(TEXTS[:1], OPTIONS[0], is_list=True)).truncated == 0


def test_of_a_long_text_only_the_text_is_cut_and_that_is_told(pair: Pair) -> None:
    pair.compare([LONG, TEXTS[0], LONG], candidate_labels=LABELS)
    outcome = pair.head.run(Call([LONG, TEXTS[0], LONG], {"candidate_labels": LABELS}, is_list=True))
    assert outcome.truncated == 2


def test_a_label_that_leaves_no_room_is_refused(pair: Pair) -> None:
    with pytest.raises(InvalidField, match=r"parameters.candidate_labels: .* fit into 64 tokens"):
        call(pair.head, TEXTS, candidate_labels=[LONG])


def test_a_batch_answers_as_its_texts_do_alone(pair: Pair) -> None:
    texts = [*TEXTS, LONG]
    together = call(pair.head, texts, candidate_labels=LABELS)
    assert together == [call(pair.head, [text], candidate_labels=LABELS)[0] for text in texts]


@pytest.mark.parametrize(
    "labels", [("ENTAILMENT", "neutral", "contradiction"), ("entailment", "not_entailment"), ("no", "yes")]
)
def test_the_entailment_label_is_found_wherever_it_is(tmp_path: Path, labels: tuple[str, ...]) -> None:
    snapshot = make_model(tmp_path, TAG, "bert")
    config = json.loads((snapshot / "config.json").read_text())
    config["id2label"] = {str(number): name for number, name in enumerate((*labels, "other")[:3])}
    config["label2id"] = {name: int(number) for number, name in config["id2label"].items()}
    (snapshot / "config.json").write_text(json.dumps(config))
    Pair(snapshot).compare(TEXTS[:3], candidate_labels=LABELS, multi_label=True)
    assert entailment_id({"id2label": config["id2label"]}) == entailment_id(config)


def test_a_converted_model_answers_the_same(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "bart")
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32")
    assert artifact.manifest.drift["pair_agreement"] == 1.0
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    pair, engine = Pair(snapshot), onnx.load(artifact, TAG, 1)
    for options in OPTIONS:
        pair.compare([*TEXTS, LONG], engine, **options)


def test_int8_says_how_far_it_is_from_torch(tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / "model", TAG, "bart", spread=0.1)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "int8")
    figures = artifact.manifest.drift
    assert figures["pairs"] == 6
    assert 0 < figures["max_score_difference"] < 0.5
    assert len(call(onnx.load(artifact, TAG, 1), TEXTS, candidate_labels=LABELS)[0]) == len(LABELS)
