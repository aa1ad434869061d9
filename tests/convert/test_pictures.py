"""A pipeline through the whole conversion: by ONNX Runtime, or by diffusers with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference.cache.artifact import Artifact
from inference.cache.lease import Lease
from inference.convert.__main__ import convert
from inference.deadline import Deadline
from inference.engines.load import load
from inference.jobs.requests import ConvertJob
from inference.task import Call
from tests.support.models.pictures import make_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = {"height": 64, "width": 64, "num_inference_steps": 2}

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def job(tmp_path: Path) -> Iterator[ConvertJob]:
    (tmp_path / "state").mkdir()
    holder = Lease(tmp_path / "state").acquire(Deadline.after(10.0), until=lambda: None)
    assert holder
    yield ConvertJob(
        snapshot=str(tmp_path / "snapshot"),
        artifacts=str(tmp_path / "artifacts"),
        model="hublet/tiny",
        commit="a" * 40,
        pipeline_tag="text-to-image",
        examples=["A lighthouse"],
        trial=SMALL,
        precision="auto",
        threads=1,
        memory_mb=8192,
        memory_option="image.memory",
        lease=str(holder.folder),
        lease_token=holder.token,
    )
    holder.end()


def published(job: ConvertJob) -> Artifact:
    (folder,) = (path for path in Path(job.artifacts).iterdir() if not path.name.startswith("."))
    return Artifact.open(folder)


def test_a_pipeline_becomes_three_graphs(job: ConvertJob) -> None:
    make_pipeline("plain", Path(job.snapshot))
    convert(job)
    artifact = published(job)
    assert (artifact.manifest.engine, artifact.manifest.precision) == ("diffusion", "fp16")
    assert artifact.manifest.drift["psnr_db"] > 35
    assert {
        "unet.onnx",
        "unet.onnx.data",
        "decoder.onnx",
        "text_encoder.onnx",
    } <= artifact.manifest.files.keys()
    assert not any(name.endswith(".safetensors") for name in artifact.manifest.files)


def test_a_sampler_that_is_not_known_is_left_to_diffusers_which_says_why(job: ConvertJob) -> None:
    make_pipeline("unknown-sampler", Path(job.snapshot))
    convert(job)
    artifact = published(job)
    assert artifact.manifest.engine == "diffusers"
    assert "HeunDiscreteScheduler" in artifact.manifest.reason
    engine = load(artifact, "text-to-image", 1)
    [picture] = engine.run(Call(["A lighthouse"], SMALL, is_list=False)).results
    assert picture.size == (64, 64)
