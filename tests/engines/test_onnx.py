"""ONNX Runtime against transformers' own pipeline, fp32, on a tiny random model of every family."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.artifact import Artifact, Manifest
from inference.convert import onnx as recipe
from inference.convert.recipe import Source
from inference.engines import onnx
from inference.engines.choose import ONNX_MODEL_TYPES, choose
from inference.publish import publish, unpublished
from inference.task import Call
from tests.engines.tiny_models import CONFIGS, TEXTS, make_classifier

if TYPE_CHECKING:
    from pathlib import Path

TAG = "text-classification"


def artifact_of(snapshot: Path, parent: Path, precision: str) -> Artifact:
    """Convert and publish, as the child process does."""
    config = json.loads((snapshot / "config.json").read_text())
    source = Source(snapshot, config, TAG, tuple(TEXTS), precision, 1)
    with unpublished(parent) as folder:
        form = recipe.convert(source, folder, lambda stage: None)
        manifest = Manifest(
            model="test/model",
            commit="a" * 40,
            head="sequence-classification",
            engine="onnx",
            asked=precision,
            precision=form.precision,
            reason=form.reason,
            created="2026-01-01T00:00:00+00:00",
            seconds=0.0,
            files={},
            tools=form.tools,
            drift=form.drift.figures,
        )
        publish(folder, manifest)
    return Artifact.open(parent / manifest.folder_name)


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
    assert sorted(CONFIGS) == sorted(ONNX_MODEL_TYPES)


@pytest.mark.filterwarnings("default")
def test_fp32_scores_are_those_of_transformers(family: tuple[str, Path], tmp_path: Path) -> None:
    model_type, snapshot = family
    assert choose(TAG, {"model_type": model_type}).engine == "onnx"
    artifact = artifact_of(snapshot, tmp_path, "fp32")
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    assert not any(path.is_symlink() for path in artifact.folder.iterdir())
    assert not any(path.suffix == ".safetensors" for path in artifact.folder.iterdir())
    engine = onnx.load(artifact, TAG, 1)
    together = engine.run(Call(TEXTS, {}, is_list=True))
    for text, found in zip(TEXTS, together, strict=True):
        expected = reference(snapshot, text)
        assert by_label(found) == pytest.approx(by_label(expected), abs=1e-4)
        assert found == sorted(found, key=lambda entry: -entry["score"])
        assert (
            found == engine.run(Call([text], {}, is_list=False))[0]
        )  # a batch answers as its items do alone


@pytest.mark.filterwarnings("default")
def test_parameters_mean_what_they_mean_there(tmp_path: Path) -> None:
    snapshot = make_classifier(tmp_path / "model", "bert")
    engine = onnx.load(artifact_of(snapshot, tmp_path / "artifacts", "int8"), TAG, 1)
    assert len(engine.run(Call(TEXTS[:1], {"top_k": 2}, is_list=False))[0]) == 2
    for function in ("softmax", "sigmoid", "none"):
        found = engine.run(Call(TEXTS[:1], {"function_to_apply": function}, is_list=False))[0]
        expected = reference(snapshot, TEXTS[0], function_to_apply=function)
        assert by_label(found) == pytest.approx(by_label(expected), abs=0.05)


@pytest.mark.filterwarnings("default")
def test_auto_keeps_the_first_form_within_the_budget_and_says_so(tmp_path: Path) -> None:
    snapshot = make_classifier(tmp_path / "model", "bert")
    manifest = artifact_of(snapshot, tmp_path / "artifacts", "auto").manifest
    assert manifest.drift["label_agreement"] >= 0.99
    assert manifest.drift["mean_score_difference"] <= 0.02
    assert manifest.precision in manifest.reason
