"""ONNX Runtime against transformers' own pipeline, fp32, on a tiny random model of every family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inference.engines.choose import choose
from inference.engines.onnx import engine as onnx
from inference.engines.onnx.model_types import TEXT_MODEL_TYPES
from inference.task import Call
from tests.support.models.encoders import CONFIGS, TEXTS, make_classifier
from tests.support.models.heads import converted

if TYPE_CHECKING:
    from pathlib import Path

TAG = "text-classification"


def reference(snapshot: Path, text: str, **parameters: Any) -> list[dict[str, Any]]:
    from transformers import pipeline

    pipe = pipeline(TAG, model=str(snapshot), device="cpu")
    result: list[dict[str, Any]] = pipe(text, top_k=None, truncation=True, **parameters)
    return result


def by_label(result: list[dict[str, Any]]) -> dict[str, float]:
    return {entry["label"]: entry["score"] for entry in result}


@pytest.fixture(scope="module", params=sorted(CONFIGS))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    model_type: str = request.param
    return model_type, make_classifier(tmp_path_factory.mktemp(model_type), model_type)


def test_every_family_that_is_chosen_is_tested() -> None:
    assert sorted(CONFIGS) == sorted(TEXT_MODEL_TYPES)


@pytest.mark.filterwarnings("default")
@pytest.mark.sliced(3)
def test_fp32_scores_are_those_of_transformers(family: tuple[str, Path], tmp_path: Path) -> None:
    model_type, snapshot = family
    assert choose(TAG, {"model_type": model_type}).engine == "onnx"
    artifact = converted(snapshot, TAG, tmp_path, "fp32")
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    assert not any(path.is_symlink() for path in artifact.folder.iterdir())
    assert not any(path.suffix == ".safetensors" for path in artifact.folder.iterdir())
    engine = onnx.load(artifact, TAG, 1)
    together = engine.run(Call(TEXTS, {}, is_list=True)).results
    for text, found in zip(TEXTS, together, strict=True):
        expected = reference(snapshot, text)
        assert by_label(found) == pytest.approx(by_label(expected), abs=1e-4)
        assert found == sorted(found, key=lambda entry: -entry["score"])
        assert (
            found == engine.run(Call([text], {}, is_list=False)).results[0]
        )  # a batch answers as its items do alone


@pytest.mark.filterwarnings("default")
def test_parameters_mean_what_they_mean_there(tmp_path: Path) -> None:
    snapshot = make_classifier(tmp_path / "model", "bert")
    engine = onnx.load(converted(snapshot, TAG, tmp_path / "artifacts", "int8"), TAG, 1)
    assert len(engine.run(Call(TEXTS[:1], {"top_k": 2}, is_list=False)).results[0]) == 2
    for function in ("softmax", "sigmoid", "none"):
        found = engine.run(Call(TEXTS[:1], {"function_to_apply": function}, is_list=False)).results[0]
        expected = reference(snapshot, TEXTS[0], function_to_apply=function)
        assert by_label(found) == pytest.approx(by_label(expected), abs=0.05)


@pytest.mark.filterwarnings("default")
def test_auto_keeps_the_first_form_within_the_budget_and_says_so(tmp_path: Path) -> None:
    snapshot = make_classifier(tmp_path / "model", "bert")
    manifest = converted(snapshot, TAG, tmp_path / "artifacts", "auto").manifest
    assert manifest.drift["label_agreement"] >= 0.99
    assert manifest.drift["mean_score_difference"] <= 0.02
    assert manifest.precision in manifest.reason
