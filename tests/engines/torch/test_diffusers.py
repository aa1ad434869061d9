"""Pictures from a tiny Stable Diffusion with random weights: pixel for pixel what diffusers paints."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inference.cache.artifact import Artifact
from inference.engines.torch.diffusers import load
from inference.errors import DeadlineExceeded, InvalidField
from inference.hub import diffusers_index
from inference.task import Call
from local.demo.untrained.media import PICTURE, image
from tests.support.models.manifests import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from inference.engines.engine import RunStep


PROMPT = "A lighthouse at dawn"
SMALL = {"height": 64, "width": 64, "num_inference_steps": 2}

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stable-diffusion")
    image(folder)
    return folder


@pytest.fixture(scope="module")
def engine(folder: Path) -> Any:
    return load(Artifact(folder, manifest("diffusers", "text-to-image")), "text-to-image", 1)


def paint(engine: Any, *prompts: str, **parameters: Any) -> list[np.ndarray]:
    pictures = engine.run(Call(list(prompts) or [PROMPT], parameters, is_list=False)).results
    assert {picture.mode for picture in pictures} == {"RGB"}
    return [np.asarray(picture) for picture in pictures]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"guidance_scale": 0.0},
        {"guidance_scale": 12.0, "negative_prompt": "fog"},
        {"height": 64, "width": 96},
    ],
)
def test_the_picture_is_the_one_that_diffusers_paints(
    folder: Path, engine: Any, parameters: dict[str, Any]
) -> None:
    import torch
    from diffusers import StableDiffusionPipeline

    untyped: Any = StableDiffusionPipeline
    pipeline = untyped.from_pretrained(folder, low_cpu_mem_usage=False)
    pipeline.set_progress_bar_config(disable=True)
    asked = SMALL | parameters
    generator = torch.Generator("cpu").manual_seed(7)
    expected = np.asarray(pipeline(PROMPT, generator=generator, **asked).images[0])
    [picture] = paint(engine, **asked, seed=7)
    assert picture.shape == (asked["height"], asked["width"], 3)
    assert np.array_equal(picture, expected)


def test_a_seed_repeats_and_no_seed_does_not(engine: Any) -> None:
    [first], [again], [other] = (paint(engine, **SMALL, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    [free], [freer] = paint(engine, **SMALL), paint(engine, **SMALL)
    assert not np.array_equal(free, freer)


def test_the_models_own_size_and_steps_are_the_defaults(engine: Any) -> None:
    steps: list[RunStep] = []
    engine.on_step = steps.append
    [picture] = paint(engine)
    engine.on_step = None
    assert picture.shape == (PICTURE, PICTURE, 3)
    assert len(steps) >= 50  # PNDM warms up with a step or more besides
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    assert {step.total for step in steps} == {len(steps)}
    assert steps[-1].remaining_s == 0


def test_a_model_distilled_to_one_step_takes_one(folder: Path) -> None:
    turbo = replace(manifest("diffusers", "text-to-image"), model="stabilityai/sd-turbo")
    engine = load(Artifact(folder, turbo), "text-to-image", 1)
    steps: list[RunStep] = []
    engine.on_step = steps.append
    paint(engine)
    assert len(steps) == 1


@pytest.mark.parametrize(
    ("parameters", "named"),
    [({"height": 68}, "height"), ({"width": 100}, "width"), ({"height": 1024, "width": 1024}, "height")],
)
def test_a_size_that_cannot_be_painted_is_named(engine: Any, parameters: dict[str, int], named: str) -> None:
    with pytest.raises(InvalidField, match=named):
        paint(engine, **(SMALL | parameters))


def test_a_run_ends_at_the_step_that_its_caller_ends_it(engine: Any) -> None:
    steps: list[RunStep] = []

    def stop(step: RunStep) -> None:
        steps.append(step)
        raise DeadlineExceeded("enough")

    engine.on_step = stop
    with pytest.raises(DeadlineExceeded):
        paint(engine)
    engine.on_step = None
    assert len(steps) == 1
    paint(engine, **SMALL)


def test_the_next_call_is_estimated(engine: Any) -> None:
    paint(engine, **SMALL)
    one = engine.estimate_s(Call([PROMPT], SMALL, is_list=False))
    many = engine.estimate_s(Call([PROMPT] * 4, SMALL, is_list=True))
    assert 0 < one < 60
    assert many == pytest.approx(4 * one)


def test_a_hostile_index_loads_nothing(folder: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile"
    shutil.copytree(folder, hostile)
    index = json.loads((hostile / diffusers_index.INDEX).read_text())
    index["unet"] = ["evil", "UNet2DConditionModel"]
    (hostile / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (hostile / "unet" / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    (hostile / diffusers_index.INDEX).write_text(json.dumps(index))
    with pytest.raises(diffusers_index.UnknownPipeline):
        load(Artifact(hostile, manifest("diffusers", "text-to-image")), "text-to-image", 1)
    assert not (tmp_path / "ran").exists()
