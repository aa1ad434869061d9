"""Cross-encoders on ONNX Runtime against torch in fp32, on a tiny random model of several families."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.onnx import engine as onnx
from inference.engines.onnx.heads.text_ranking import default_function
from inference.errors import InvalidField, ModelUnavailable
from inference.task import Call
from tests.support.models.heads import LONG, TEXTS, WINDOW, converted, make_model, on_torch

if TYPE_CHECKING:
    from pathlib import Path

    from inference.engines.engine import Engine

TAG = "text-ranking"
QUERY = "Where did Maria Santos move?"
ITEM = {"query": QUERY, "texts": [*TEXTS, LONG]}
IDENTITY = "torch.nn.modules.linear.Identity"

pytestmark = pytest.mark.filterwarnings("default")  # torch's export warns


def reference(snapshot: Path, texts: list[str]) -> list[float]:
    """As CrossEncoder reads pairs: the longer part is cut."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(snapshot)
    model = AutoModelForSequenceClassification.from_pretrained(snapshot).eval()
    with torch.inference_mode():
        return [
            model(**tokenizer(QUERY, text, truncation=True, return_tensors="pt")).logits.item()
            for text in texts
        ]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("bert"), TAG, "bert")


@pytest.fixture(scope="module")
def engine(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    inputs = (ITEM, *TEXTS)
    artifact = converted(snapshot, TAG, tmp_path_factory.mktemp("artifact"), "fp32", inputs)
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    assert artifact.manifest.drift["first_agreement"] == 1
    return onnx.load(artifact, TAG, 1)


def ranked(engine: Engine, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.run(Call([ITEM], parameters, is_list=False)).results[0]
    return found


@pytest.mark.parametrize("family", ["bert", "modernbert", "xlm-roberta"])
def test_logits_are_those_of_torch(family: str, tmp_path: Path) -> None:
    snapshot = make_model(tmp_path / family, TAG, family)
    head = on_torch(snapshot, TAG)
    assert head.logits(QUERY, ITEM["texts"]) == pytest.approx(
        reference(snapshot, list(ITEM["texts"])), abs=1e-4
    )


def test_scores_are_those_of_the_reference_best_first(engine: Engine, snapshot: Path) -> None:
    expected = reference(snapshot, list(ITEM["texts"]))
    found = ranked(engine, raw_scores=True, sort=False)
    assert [each["score"] for each in found] == pytest.approx(expected, abs=1e-3)
    best_first = ranked(engine)
    assert [each["index"] for each in best_first] == sorted(range(len(expected)), key=lambda i: -expected[i])
    assert all(0 <= each["score"] <= 1 for each in best_first)
    assert ranked(engine, raw_scores=False) == best_first  # one label: a sigmoid


def test_a_text_that_does_not_fit_is_cut_and_counted_or_refused(engine: Engine) -> None:
    outcome = engine.run(Call([ITEM], {}, is_list=False))
    assert outcome.truncated == 1
    with pytest.raises(InvalidField, match=rf"^texts\[{len(TEXTS)}\]: .* limit is {WINDOW} tokens"):
        ranked(engine, truncate=False)
    left = ranked(engine, truncation_direction="left", sort=False)
    right = ranked(engine, truncation_direction="right", sort=False)
    assert [one == other for one, other in zip(left, right, strict=True)] == [True] * len(TEXTS) + [False]


def test_what_is_asked_for_is_shown(engine: Engine) -> None:
    best = ranked(engine, top_n=2, return_text=True)
    assert len(best) == 2
    assert best[0] == {**ranked(engine)[0], "text": ITEM["texts"][best[0]["index"]]}
    unsorted = ranked(engine, top_n=2, sort=False)
    assert {each["index"] for each in unsorted} == {each["index"] for each in best}
    assert [each["index"] for each in unsorted] == sorted(each["index"] for each in unsorted)


def test_a_limit_of_tokens_reads_the_beginning_alone(engine: Engine) -> None:
    texts = ["Good.", f"Good.{LONG}"]
    item = {"query": QUERY, "texts": texts}
    (found,) = engine.run(Call([item], {"max_text_tokens": 20, "sort": False}, is_list=False)).results
    (whole,) = engine.run(Call([item], {"sort": False}, is_list=False)).results
    assert found[0] == whole[0]
    assert found[1] != whole[1]


def test_a_model_with_several_labels_is_refused(snapshot: Path, tmp_path: Path) -> None:
    several = make_model(tmp_path / "several", "text-classification", "bert")
    with pytest.raises(ModelUnavailable, match="has one label; this one has 2"):
        on_torch(several, TAG)


@pytest.mark.parametrize(
    ("config", "sentences", "expected"),
    [
        ({}, {}, "sigmoid"),
        ({"sentence_transformers": {"activation_fn": IDENTITY}}, {}, "none"),
        ({"sbert_ce_default_activation_function": IDENTITY}, {}, "none"),
        ({}, {"activation_fn": IDENTITY}, "none"),
        ({}, {"activation_fn": "torch.nn.modules.activation.Sigmoid"}, "sigmoid"),
        ({}, {"activation_fn": "somebody.Identity"}, "sigmoid"),
    ],
)
def test_the_default_is_the_librarys(config: Any, sentences: Any, expected: str) -> None:
    assert default_function(config, sentences) == expected


def test_another_activation_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="neither a sigmoid nor none"):
        default_function({}, {"activation_fn": "torch.nn.modules.activation.Tanh"})


def test_a_repository_without_a_sigmoid_answers_logits(snapshot: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "raw"
    shutil.copytree(snapshot, folder)
    config = json.loads((folder / "config.json").read_text())
    config["sentence_transformers"] = {"activation_fn": IDENTITY}
    (folder / "config.json").write_text(json.dumps(config))
    head = on_torch(folder, TAG)
    item = {"query": QUERY, "texts": TEXTS[:3]}
    (found,) = head.run(Call([item], {"sort": False}, is_list=False)).results
    assert [each["score"] for each in found] == pytest.approx(head.logits(QUERY, TEXTS[:3]), abs=1e-6)
