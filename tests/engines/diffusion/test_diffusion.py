"""Pictures on ONNX Runtime from tiny Stable Diffusions: what diffusers paints from the same seed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inference.cache.artifact import Artifact
from inference.convert.diffusion.recipe import convert
from inference.convert.recipe import Source
from inference.engines.diffusion.engine import PIPELINE
from inference.engines.engine import Unsupported
from inference.engines.load import load
from inference.engines.onnx.session import Session
from inference.errors import DeadlineExceeded, InvalidField
from inference.task import Call
from tests.support.models.manifests import manifest
from tests.support.models.pictures import KINDS, make_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from inference.convert.recipe import KeptVariant
    from inference.engines.engine import RunStep

PROMPT = "A lighthouse at dawn"
SMALL = {"height": 64, "width": 64, "num_inference_steps": 2}
MOST_OFF = 2
"""Of 255: weights in sixteen bits move a pixel by so much at most here."""

pytestmark = pytest.mark.filterwarnings("default")


def converted(kind: str, root: Path, model: str = "x/y", precision: str = "auto") -> tuple[Path, KeptVariant]:
    snapshot, folder = root / "snapshot", root / "artifact"
    make_pipeline(kind, snapshot)
    folder.mkdir()
    source = Source(snapshot, {}, "text-to-image", (), precision, 1, model)
    return folder, convert(source, folder, lambda stage: None)


def opened(folder: Path, model: str = "x/y") -> Any:
    said = replace(manifest("diffusion", "text-to-image"), model=model)
    return load(Artifact(folder, said), "text-to-image", 1)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("plain")
    converted("plain", root)
    return root


@pytest.fixture(scope="module")
def engine(root: Path) -> Any:
    return opened(root / "artifact")


def paint(engine: Any, *prompts: str, **parameters: Any) -> list[np.ndarray]:
    pictures = engine.run(Call(list(prompts) or [PROMPT], parameters, is_list=False)).results
    assert {picture.mode for picture in pictures} == {"RGB"}
    return [np.asarray(picture, np.int16) for picture in pictures]


def by_diffusers(snapshot: Path, parameters: dict[str, Any]) -> np.ndarray:
    import diffusers
    import torch

    untyped: Any = diffusers.StableDiffusionPipeline
    pipeline = untyped.from_pretrained(
        snapshot, dtype=torch.float32, low_cpu_mem_usage=False, safety_checker=None
    )
    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator("cpu").manual_seed(7)
    return np.asarray(pipeline(PROMPT, generator=generator, **parameters).images[0], np.int16)


@pytest.mark.parametrize(
    "parameters",
    [
        {"guidance_scale": 7.5},
        {"guidance_scale": 0.0},
        {"guidance_scale": 12.0, "negative_prompt": "fog"},
        {"height": 72, "width": 104, "guidance_scale": 3.0},
    ],
)
def test_the_picture_is_the_one_that_diffusers_paints(
    root: Path, engine: Any, parameters: dict[str, Any]
) -> None:
    asked = SMALL | parameters
    [picture] = paint(engine, **asked, seed=7)
    expected = by_diffusers(root / "snapshot", asked)
    assert picture.shape == (asked["height"], asked["width"], 3)
    assert np.abs(picture - expected).max() <= MOST_OFF


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"plain", "unknown-sampler"}))
def test_other_networks_samplers_and_decoders_paint_the_same(kind: str, tmp_path: Path) -> None:
    folder, kept = converted(kind, tmp_path)
    assert kept.precision == "fp16", kept.rejected
    asked = {**SMALL, "num_inference_steps": 4, "guidance_scale": 5.0}
    [picture] = paint(opened(folder), **asked, seed=7)
    assert np.abs(picture - by_diffusers(tmp_path / "snapshot", asked)).max() <= MOST_OFF


def test_large_weights_are_stored_in_sixteen_bits(tmp_path: Path) -> None:
    def bytes_of(precision: str) -> int:
        folder, kept = converted("wide", tmp_path / precision, precision=precision)
        assert kept.precision == ("fp32" if precision == "fp32" else "fp16")
        return sum(path.stat().st_size for path in folder.glob("*.data"))

    for precision in ("auto", "fp32"):
        (tmp_path / precision).mkdir()
    assert bytes_of("auto") < 0.7 * bytes_of("fp32")


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
    assert picture.shape == (64, 64, 3)
    assert [step.step for step in steps] == list(range(1, 52))  # PNDM does its second step twice
    assert {step.total for step in steps} == {51}
    assert steps[-1].remaining_s == 0


@pytest.mark.parametrize(("kind", "model", "count"), [("plain", "x/sd-turbo", 1), ("consistency", "x/y", 4)])
def test_a_model_distilled_to_few_steps_takes_few(kind: str, model: str, count: int, tmp_path: Path) -> None:
    folder, _ = converted(kind, tmp_path, model)
    engine = opened(folder, model)
    steps: list[RunStep] = []
    engine.on_step = steps.append
    paint(engine)
    assert len(steps) == count


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


def test_the_next_call_is_estimated(root: Path) -> None:
    engine: Any = opened(root / "artifact")
    assert engine.estimate_s(Call([PROMPT], SMALL, is_list=False)) is None
    paint(engine, **SMALL)
    one = engine.estimate_s(Call([PROMPT], SMALL, is_list=False))
    many = engine.estimate_s(Call([PROMPT] * 4, SMALL, is_list=True))
    assert 0 < one < 60
    assert many == pytest.approx(4 * one)


def test_a_prompt_that_is_cut_is_counted(engine: Any) -> None:
    outcome = engine.run(Call([PROMPT, "word " * 200], SMALL, is_list=True))
    assert outcome.truncated == 1


@pytest.mark.parametrize(
    ("part", "setting", "value"),
    [
        ("unet", "center_input_sample", True),
        ("unet", "resnet_time_scale_shift", "scale_shift"),
        ("scheduler", "skip_prk_steps", False),
    ],
)
def test_what_is_not_known_is_left_to_torch(part: str, setting: str, value: Any, tmp_path: Path) -> None:
    make_pipeline("plain", tmp_path / "snapshot", **{part: {setting: value}})
    source = Source(tmp_path / "snapshot", {}, "text-to-image", (), "auto", 1)
    (tmp_path / "artifact").mkdir()
    with pytest.raises(Unsupported):
        convert(source, tmp_path / "artifact", lambda stage: None)


def test_graphs_that_paint_something_else_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inference.convert.diffusion import unet

    monkeypatch.setattr(unet, "_feed_forward", lambda g, module, x: x)
    with pytest.raises(Unsupported, match="do not paint"):
        converted("plain", tmp_path)


def test_the_facts_are_plain_json(root: Path) -> None:
    facts = json.loads((root / "artifact" / PIPELINE).read_text())
    assert (facts["scheduler"], facts["side"], facts["scale"]) == ("PNDMScheduler", 64, 8)


def test_weights_stay_in_sixteen_bits_in_memory(tmp_path: Path) -> None:
    """A session that folded the casts would hold every weight a second time, in fp32."""
    import onnx
    import onnxruntime as ort

    folder, _ = converted("wide", tmp_path)
    kept = tmp_path / "optimized.onnx"
    made = ort.SessionOptions

    class Recording(made):  # type: ignore[valid-type, misc]
        def __init__(self) -> None:
            super().__init__()
            self.optimized_model_filepath = str(kept)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ort, "SessionOptions", Recording)
        Session(folder / "unet.onnx", 1, folds_constants=False)
    graph = onnx.load(kept, load_external_data=False).graph
    halves = {item.name for item in graph.initializer if item.data_type == onnx.TensorProto.FLOAT16}
    cast = {node.input[0] for node in graph.node if node.op_type == "Cast"}
    assert halves
    assert halves <= cast
