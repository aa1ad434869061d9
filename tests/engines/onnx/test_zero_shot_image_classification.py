"""Pictures under labels of the caller's own: CLIP and SigLIP on ONNX Runtime against transformers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from inference.convert.proofs import pictures as proof_pictures
from inference.convert.proofs import proof_class
from inference.engines.onnx import engine as onnx
from inference.engines.onnx.heads.zero_shot_image_classification import ZeroShotImageClassification
from inference.engines.onnx.model_types import PICTURE_AND_TEXT_MODEL_TYPES
from inference.engines.torch.encoder import load_model, runner
from inference.errors import InvalidField, ModelUnavailable
from inference.task import Call
from tests.support.models.heads import converted
from tests.support.models.vision import make_picture_and_text_model

if TYPE_CHECKING:
    from pathlib import Path

TAG = "zero-shot-image-classification"
PICTURES = tuple(proof_pictures.read()[:6])
LABELS = ["cat", "a dog at night", "street"]

# torch's export and the quantizer warn, and so does transformers where there is no torchvision.
pytestmark = pytest.mark.filterwarnings("default")


def ask(head: Any, *pictures: bytes, labels: list[str] = LABELS, **parameters: Any) -> list[dict[str, float]]:
    given = {"candidate_labels": labels, **parameters}
    results = head.run(Call(list(pictures), given, is_list=True)).results
    for result in results:
        scores = [entry["score"] for entry in result]
        assert scores == sorted(scores, reverse=True)
    return [{entry["label"]: entry["score"] for entry in result} for result in results]


def on_torch(snapshot: Path) -> ZeroShotImageClassification:
    outputs = ZeroShotImageClassification.OUTPUTS
    return ZeroShotImageClassification(snapshot, runner(load_model(snapshot, TAG, 1), outputs))


def pipe(snapshot: Path, picture: bytes, labels: list[str] = LABELS, **parameters: Any) -> dict[str, float]:
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer, pipeline

    classify = pipeline(
        TAG,
        model=AutoModel.from_pretrained(snapshot),
        tokenizer=AutoTokenizer.from_pretrained(snapshot),
        image_processor=AutoImageProcessor.from_pretrained(snapshot),
    )
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    return {
        entry["label"]: entry["score"] for entry in classify(image, candidate_labels=labels, **parameters)
    }


@pytest.mark.parametrize("model_type", sorted(PICTURE_AND_TEXT_MODEL_TYPES))
def test_scores_are_those_of_transformers(tmp_path: Path, model_type: str) -> None:
    snapshot = make_picture_and_text_model(tmp_path / "model", model_type)
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32", PICTURES)
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    head = onnx.load(artifact, TAG, 1)
    found = ask(head, *PICTURES)
    assert len({round(each["cat"], 4) for each in found}) > 3  # answers hang on the picture
    for picture, scores in zip(PICTURES, found, strict=True):
        assert scores == pytest.approx(pipe(snapshot, picture), abs=1e-4)
    template = "in the street at night {}"
    [own] = ask(head, PICTURES[0], labels=["fish", "dog"], hypothesis_template=template)
    assert own == pytest.approx(
        pipe(snapshot, PICTURES[0], ["fish", "dog"], hypothesis_template=template), abs=1e-4
    )
    [alone] = ask(head, PICTURES[0], labels=["cat"])
    assert alone == pytest.approx(pipe(snapshot, PICTURES[0], ["cat"]), abs=1e-4)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_picture_and_text_model(tmp_path_factory.mktemp("clip") / "model", "clip")


def test_a_label_that_does_not_fit_is_refused(clip: Path) -> None:
    with pytest.raises(
        InvalidField, match=r"candidate_labels: a label in its template must fit into 16 tokens"
    ):
        ask(on_torch(clip), PICTURES[0], labels=["cat", "a dog " * 10])


def test_a_file_that_is_no_picture_is_refused(clip: Path) -> None:
    with pytest.raises(InvalidField, match=r"inputs\[1\]"):
        ask(on_torch(clip), PICTURES[0], b"GIF89a")


def test_other_architectures_are_refused_by_name(clip: Path) -> None:
    import json

    config = json.loads((clip / "config.json").read_text())
    other = clip.parent / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({**config, "model_type": "siglip2"}))
    with pytest.raises(
        ModelUnavailable, match="its architecture is 'siglip2'; choose a model of clip or siglip"
    ):
        ZeroShotImageClassification(other, lambda inputs: [])


def test_the_proof_sees_a_model_that_answers_otherwise(clip: Path) -> None:
    proof = proof_class(TAG)(on_torch(clip), PICTURES)
    assert proof.measure(on_torch(clip)).within_budget
    model = load_model(clip, TAG, 1)
    model.visual_projection.weight.data.mul_(-1)
    assert not proof.measure(
        ZeroShotImageClassification(clip, runner(model, ("logits_per_image",)))
    ).within_budget
