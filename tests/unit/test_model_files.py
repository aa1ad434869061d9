"""What is on the cache: found, damaged, being made; downloads themselves are tested against a Hub."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from inference.artifact import MANIFEST, Artifact, DamagedArtifact
from inference.deadline import Deadline
from inference.errors import ModelNotReady
from inference.lease import Lease
from inference.model_files import ModelFiles, Purpose
from inference.task import Model
from tests.unit.artifacts import put_artifact

if TYPE_CHECKING:
    from pathlib import Path

MODEL = Model("hublet/demo", "a" * 40)
PURPOSE = Purpose("any-tag", (), "auto", threads=1, memory_mb=4096)
BRANCH = Model("hublet/demo")


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    return ModelFiles(tmp_path, "http://127.0.0.1:9", {}, PURPOSE)


def test_an_empty_cache_is_cold(files: ModelFiles) -> None:
    assert files.find(MODEL) is None
    assert files.state(MODEL) == "cold"


def test_a_published_artifact_is_found(files: ModelFiles, tmp_path: Path) -> None:
    folder = put_artifact(tmp_path, MODEL, PURPOSE.pipeline_tag)
    found = files.find(MODEL)
    assert found is not None
    assert found.folder == folder
    assert files.state(MODEL) == "ready"


def test_an_artifact_of_a_later_release_is_served(files: ModelFiles, tmp_path: Path) -> None:
    """After a rollback: what its manifest says beyond what we know is no damage."""
    manifest = put_artifact(tmp_path, MODEL, PURPOSE.pipeline_tag) / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "added_later": {"a": 1}}))
    assert files.find(MODEL) is not None
    assert manifest.exists()


def test_a_branch_is_found_by_its_recorded_commit(files: ModelFiles, tmp_path: Path) -> None:
    put_artifact(tmp_path, MODEL, PURPOSE.pipeline_tag)
    assert files.find(BRANCH) is None
    state = tmp_path / "state" / "hublet--demo"
    state.mkdir(parents=True)
    (state / "revision-main.json").write_text(json.dumps({"commit": MODEL.revision}))
    assert files.find(BRANCH) is not None


@pytest.mark.parametrize("damage", ["truncate", "missing file", "no manifest", "not json", "other keys"])
def test_a_damaged_artifact_is_set_aside(files: ModelFiles, tmp_path: Path, damage: str) -> None:
    folder = put_artifact(tmp_path, MODEL, PURPOSE.pipeline_tag)
    manifest, weights = folder / MANIFEST, folder / "model.safetensors"
    match damage:
        case "truncate":
            weights.write_bytes(b"w")
        case "missing file":
            weights.unlink()
        case "no manifest":
            manifest.unlink()
        case "not json":
            manifest.write_text("{")
        case "other keys":
            manifest.write_text('{"files": {}}')
    with pytest.raises(DamagedArtifact):
        Artifact.open(folder)
    assert files.find(MODEL) is None
    assert not folder.exists()
    assert folder.with_name(folder.name + ".damaged").exists()
    put_artifact(tmp_path, MODEL, PURPOSE.pipeline_tag)
    assert files.find(MODEL) is not None


def test_half_made_folders_are_not_found(files: ModelFiles, tmp_path: Path) -> None:
    folder = put_artifact(tmp_path, MODEL, PURPOSE.pipeline_tag)
    folder.rename(folder.with_name(".abc.tmp"))
    assert files.find(MODEL) is None


def test_a_waiter_gives_up_at_its_deadline_behind_a_holder_that_never_ends(
    files: ModelFiles, tmp_path: Path
) -> None:
    state = tmp_path / "state" / "hublet--demo"
    state.mkdir(parents=True)
    progress = {"stage": "downloading", "done_bytes": 25_000_000, "total_bytes": 100_000_000, "seconds": 10.0}
    held = Lease(state).try_take(None)
    assert held
    held.note(progress=progress)
    assert files.state(MODEL) == "preparing"
    started_s = time.monotonic()
    with pytest.raises(ModelNotReady) as raised:
        files.fetch(MODEL, Deadline.after(0.5), lambda progress: None)
    assert time.monotonic() - started_s < 1.0
    held.end()
    assert raised.value.retry_after_s == pytest.approx(
        30 + 12 + 100 / 15
    )  # 75 MB at 2.5 MB/s, then the conversion
    assert files.state(MODEL) == "cold"


def test_a_waiter_takes_what_the_holder_made(files: ModelFiles, tmp_path: Path) -> None:
    put_artifact(tmp_path, MODEL, PURPOSE.pipeline_tag)
    assert files.fetch(MODEL, Deadline.after(5), lambda progress: None).manifest.commit == MODEL.revision
