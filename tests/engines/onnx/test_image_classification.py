"""Pictures: preprocessing and labels against transformers, every family, and what stays on torch."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx as onnx_format
import pytest
from PIL import Image

from inference.cache.artifact import Artifact
from inference.convert.proofs import pictures as proof_pictures
from inference.convert.proofs import proof_class
from inference.engines.choose import choose
from inference.engines.engine import Unsupported
from inference.engines.onnx import engine as onnx
from inference.engines.onnx.heads.image_classification import ImageClassification
from inference.engines.onnx.image_processor import PREPROCESSOR, read_processor
from inference.engines.onnx.model_types import IMAGE_MODEL_TYPES
from inference.engines.torch import transformers as transformers_
from inference.engines.torch.encoder import load_model, runner
from inference.errors import InvalidField
from inference.media.images import decode
from inference.task import Call
from tests.support.models.heads import converted
from tests.support.models.vision import CONFIGS, LABELS, SIDE, make_vision_model

if TYPE_CHECKING:
    from pathlib import Path

TAG = "image-classification"
PICTURES = tuple(proof_pictures.read()[:14])

# torch's export and the quantizer warn, and so does transformers where there is no torchvision.
pytestmark = pytest.mark.filterwarnings("default")


def ask(head: Any, *pictures: bytes, **parameters: Any) -> list[list[dict[str, Any]]]:
    result: list[list[dict[str, Any]]] = head.run(Call(list(pictures), parameters, is_list=True)).results
    return result


def on_torch(snapshot: Path) -> ImageClassification:
    return ImageClassification(snapshot, runner(load_model(snapshot, TAG, 1), ImageClassification.OUTPUTS))


def scores(result: list[dict[str, Any]]) -> dict[str, float]:
    return {entry["label"]: entry["score"] for entry in result}


def pipe(snapshot: Path, picture: bytes, **parameters: Any) -> list[dict[str, Any]]:
    from transformers import pipeline

    classify = pipeline(TAG, model=str(snapshot), device="cpu")
    result: list[dict[str, Any]] = classify(Image.open(io.BytesIO(picture)), **parameters)
    return result


def artifact_at(folder: Path) -> Artifact:
    """A repository as it is, which is what torch serves."""
    return Artifact(folder, manifest=None)  # type: ignore[arg-type]


@pytest.fixture
def vit(tmp_path: Path) -> Path:
    return make_vision_model(tmp_path / "vit", "vit")


@pytest.mark.parametrize("family", sorted(CONFIGS))
@pytest.mark.sliced(4)
def test_labels_are_those_of_transformers_in_every_family(family: str, tmp_path: Path) -> None:
    snapshot = make_vision_model(tmp_path / "model", family)
    assert choose(TAG, {"model_type": family}).engine == "onnx"
    artifact = converted(snapshot, TAG, tmp_path / "artifacts", "fp32", PICTURES)
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    assert artifact.manifest.drift["label_agreement"] == 1
    assert not list(artifact.folder.rglob("*.safetensors"))
    head = onnx.load(artifact, TAG, 1)
    together = ask(head, *PICTURES, top_k=len(LABELS), function_to_apply="none")
    for picture, found in zip(PICTURES, together, strict=True):
        expected = pipe(snapshot, picture, top_k=len(LABELS), function_to_apply="none")
        assert scores(found) == pytest.approx(scores(expected), abs=1e-4)
        assert [entry["label"] for entry in found] == [entry["label"] for entry in expected]
        (alone,) = ask(head, picture, top_k=len(LABELS), function_to_apply="none")
        assert found == alone  # a batch answers as its items do alone
    assert len({round(found[0]["score"], 3) for found in together}) > 5, "it says the same of every picture"


def test_every_family_that_is_chosen_is_tested() -> None:
    assert set(CONFIGS) == IMAGE_MODEL_TYPES
    assert choose(TAG, {"model_type": "bert"}).engine == "transformers"
    assert choose("text-classification", {"model_type": "vit"}).engine == "transformers"


MEAN = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
PROCESSORS = [
    {"size": 48, "do_resize": True},
    {"image_processor_type": "ViTImageProcessor"},
    {"image_processor_type": "ViTFeatureExtractor", "size": 224, "resample": 2, **MEAN},
    {"feature_extractor_type": "ViTFeatureExtractor", "size": {"height": 30, "width": 50}, "resample": 0},
    {"image_processor_type": "ViTImageProcessorFast", "do_rescale": False, "do_normalize": False},
    {"image_processor_type": "ViTImageProcessor", "size": [40, 60], "resample": 1, "do_rescale": None},
    {
        "image_processor_type": "ViTImageProcessor",
        "do_center_crop": True,
        "crop_size": {"height": 301, "width": 200},
    },
    {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": False,
        "do_center_crop": True,
        "crop_size": 64,
    },
    {
        "image_processor_type": "ViTImageProcessor",
        "image_mean": 0.4,
        "image_std": 0.3,
        "rescale_factor": 1 / 127,
    },
    {"image_processor_type": "DeiTImageProcessor"},
    {"image_processor_type": "DeiTFeatureExtractor", "size": 256, "crop_size": 224, "resample": 3, **MEAN},
    {"image_processor_type": "BeitFeatureExtractor", "do_center_crop": False, "do_reduce_labels": False},
    {"image_processor_type": "BeitImageProcessor", "do_center_crop": True, "crop_size": 200},
    {"image_processor_type": "ConvNextImageProcessor"},
    {"image_processor_type": "ConvNextFeatureExtractor", "size": 224, "crop_pct": 0.875, **MEAN},
    {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 224}, "crop_pct": 0.95},
    {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 256}, **MEAN},
    {"image_processor_type": "CLIPImageProcessor"},
]


@pytest.mark.parametrize(
    "settings", PROCESSORS, ids=lambda settings: "-".join(map(str, settings.values()))[:60]
)
def test_pixels_are_those_of_transformers(settings: dict[str, Any], tmp_path: Path) -> None:
    from transformers import AutoImageProcessor

    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    (tmp_path / PREPROCESSOR).write_text(json.dumps(settings))
    ours = read_processor(tmp_path)
    # transformers 5.23 knows the old names by one key only, and the class by its new name.
    named = settings.get("image_processor_type") or settings.get("feature_extractor_type")
    theirs = {"image_processor_type": named.replace("FeatureExtractor", "ImageProcessor")} if named else {}
    (tmp_path / PREPROCESSOR).write_text(json.dumps({**settings, **theirs}))
    reference = AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    random = np.random.default_rng(3)
    for height, width in ((50, 80), (81, 50), (224, 224), (333, 900), (1, 30), (500, 301)):
        picture = Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))
        expected = reference(images=picture, return_tensors="np")["pixel_values"]
        found = ours(picture)
        assert found.dtype == np.float32
        assert found.shape == expected.shape == (1, 3, *ours.height_width)
        assert np.abs(found - expected).max() < 1e-3


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (None, "there is no preprocessor_config.json"),
        ({"image_processor_type": "PoolFormerImageProcessor"}, "PoolFormerImageProcessor is not known"),
        ({"image_processor_type": "../../etc/passwd"}, "not known"),
        ({"image_processor_type": "BitImageProcessor", "do_center_crop": False}, "no fixed size"),
        ({"image_processor_type": "ViTImageProcessor", "do_resize": False}, "no fixed size|unusual"),
        ({"image_processor_type": "ViTImageProcessor", "size": {"longest_edge": 9}}, "unusual"),
        ({"image_processor_type": "ViTImageProcessor", "size": 100_000}, "between 1 and 2,048"),
        ({"image_processor_type": "ViTImageProcessor", "size": "224"}, "unusual"),
        ({"image_processor_type": "ViTImageProcessor", "do_pad": True}, "pads"),
        ({"image_processor_type": "ViTImageProcessor", "image_mean": [0.5]}, "not for RGB"),
        ({"image_processor_type": "ViTImageProcessor", "resample": "fine"}, "unusual"),
        ({"image_processor_type": "ViTImageProcessor", "rescale_factor": None}, "unusual"),
        ({"image_processor_type": "ConvNextImageProcessor", "size": {"height": 9, "width": 9}}, "unusual"),
    ],
    ids=str,
)
def test_a_processor_that_is_not_known_is_not_guessed(
    settings: dict[str, Any] | None, words: str, tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "vit"}')
    if settings:
        (tmp_path / PREPROCESSOR).write_text(json.dumps(settings))
    with pytest.raises(Unsupported, match=words):
        read_processor(tmp_path)


def test_parameters_mean_what_they_mean_there(vit: Path) -> None:
    head = on_torch(vit)
    assert [entry["label"] for entry in ask(head, PICTURES[0])[0]] == [
        entry["label"] for entry in pipe(vit, PICTURES[0])
    ]
    assert len(ask(head, PICTURES[0])[0]) == 5
    assert len(ask(head, PICTURES[0], top_k=2)[0]) == 2
    assert len(ask(head, PICTURES[0], top_k=1000)[0]) == len(LABELS)
    for function in ("softmax", "sigmoid", "none"):
        (found,) = ask(head, PICTURES[1], function_to_apply=function)
        assert scores(found) == pytest.approx(
            scores(pipe(vit, PICTURES[1], function_to_apply=function)), abs=1e-4
        )


def test_what_is_no_picture_is_refused_by_its_place(vit: Path) -> None:
    head = on_torch(vit)
    with pytest.raises(InvalidField, match=r"^inputs\[1\]: cannot be read as a PNG"):
        ask(head, PICTURES[0], b"http://169.254.169.254/latest/meta-data")
    with pytest.raises(InvalidField, match=r"^inputs: "):
        head.run(Call([b"/etc/hostname"], {}, is_list=False))


def test_int8_leaves_convolutions_alone(vit: Path, tmp_path: Path) -> None:
    artifact = converted(vit, TAG, tmp_path / "artifacts", "int8", PICTURES)
    assert artifact.manifest.precision == "int8"
    kinds = {node.op_type for node in onnx_format.load(artifact.folder / "model.onnx").graph.node}
    assert "Conv" in kinds
    assert kinds & {"MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulInteger"}
    assert "ConvInteger" not in kinds
    assert artifact.manifest.drift["label_agreement"] > 0.8  # of random weights, which are hard to keep
    assert 1e-5 < artifact.manifest.drift["mean_score_difference"] < 0.1
    best = [found[0]["label"] for found in ask(on_torch(vit), *PICTURES)]
    kept = [found[0]["label"] for found in ask(onnx.load(artifact, TAG, 1), *PICTURES)]
    assert np.mean([one == other for one, other in zip(best, kept, strict=True)]) > 0.8


def test_a_model_of_convolutions_is_not_called_int8(tmp_path: Path) -> None:
    snapshot = make_vision_model(tmp_path / "model", "resnet")
    assert converted(snapshot, TAG, tmp_path / "artifacts", "auto", PICTURES).manifest.precision == "fp32"


def test_a_processor_of_another_kind_is_served_by_transformers_own(vit: Path) -> None:
    settings = {
        "image_processor_type": "PoolFormerImageProcessor",
        "size": {"shortest_edge": SIDE},
        "crop_size": SIDE,
    }
    (vit / PREPROCESSOR).write_text(json.dumps(settings))
    with pytest.raises(Unsupported):
        on_torch(vit)
    engine = transformers_.load(artifact_at(vit), TAG, 1)
    (found,) = ask(engine, PICTURES[0], top_k=7)
    assert scores(found) == pytest.approx(scores(pipe(vit, PICTURES[0], top_k=7)), abs=1e-4)
    with pytest.raises(InvalidField, match="cannot be read as a PNG"):
        ask(engine, b"http://169.254.169.254/latest/meta-data")


def test_the_proofs_pictures_are_many_and_always_the_same() -> None:
    pictures = proof_pictures.read()
    assert len(set(pictures)) == len(pictures) >= 64
    assert pictures[:3] == proof_pictures.read()[:3]
    opened = [decode(picture) for picture in pictures]
    assert len({picture.size for picture in opened}) >= 5
    colours = np.array([np.asarray(picture).reshape(-1, 3).mean(0) for picture in opened])
    assert colours.std(0).min() > 20  # they differ in colour ...
    assert min(np.asarray(picture).std() for picture in opened) > 5  # ... and none is plain


def test_the_proof_sees_other_labels_and_moved_scores(vit: Path) -> None:
    head = on_torch(vit)
    proof = proof_class(TAG)(head, PICTURES)
    assert proof.measure(head).within_budget

    class Changed:
        def __init__(self, change: Any) -> None:
            self._change = change

        def scores(self, picture: Image.Image) -> Any:
            return self._change(head.scores(picture))

    swapped = proof.measure(Changed(lambda values: np.roll(values, 1)))
    assert swapped.figures["label_agreement"] < 0.5
    assert not swapped.within_budget
    flat = proof.measure(Changed(lambda values: 0.9 * values + 0.1 / len(values)))
    assert flat.figures["label_agreement"] == 1
    assert not flat.within_budget
