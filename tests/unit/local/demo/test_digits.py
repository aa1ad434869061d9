"""The demo image classifier must be as good, as small and as honestly described as its card says."""

from __future__ import annotations

from io import BytesIO

import pytest
from huggingface_hub import ModelCard
from PIL import Image

from local.demo.evaluation.digits import HELD_OUT, MODEL, accuracy, classify_digits, split_corpus, to_png
from tests.support.paths import ROOT

BUDGET = 300_000
EXAMPLE = ROOT / "inference" / "tasks" / "examples" / "three.png"


def test_the_weights_fit_the_budget() -> None:
    assert (MODEL / "model.safetensors").stat().st_size <= BUDGET


def test_card_states_the_measured_accuracy() -> None:
    card = ModelCard.load(MODEL / "README.md")
    (stated,) = card.data.eval_results
    found = accuracy(split_corpus().held_out)
    assert found >= 0.95
    assert stated.metric_value == round(found, 4)
    assert f"{found:.1%}" in card.text
    assert card.data.pipeline_tag == "image-classification"


def test_held_out_pictures_were_not_trained_on() -> None:
    split = split_corpus()
    trained = {to_png(picture.image) for picture in split.train}
    assert len(split.held_out) == HELD_OUT
    assert len(split.train) + len(split.held_out) == 1797
    assert not trained & {to_png(picture.image) for picture in split.held_out}


def test_the_task_s_example_is_one_of_them() -> None:
    example = Image.open(EXAMPLE).convert("RGB")
    assert example.tobytes() in {picture.image.tobytes() for picture in split_corpus().held_out}
    assert classify_digits([example]) == [3]


@pytest.mark.parametrize("side", [8, 32, 300])
def test_the_size_of_a_picture_does_not_matter(side: int) -> None:
    pictures = split_corpus().held_out[:60]
    files = [to_png(picture.image.resize((side, side), Image.Resampling.BICUBIC)) for picture in pictures]
    found = classify_digits([Image.open(BytesIO(file)) for file in files])
    right = sum(one == picture.digit for one, picture in zip(found, pictures, strict=True))
    assert right / len(pictures) >= 0.9
