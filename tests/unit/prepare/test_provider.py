"""What is on the cache: found, damaged, being made; downloads themselves are tested against a Hub."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from inference.cache.artifact import MANIFEST, Artifact, DamagedArtifact
from inference.cache.lease import Lease
from inference.deadline import Deadline
from inference.errors import ModelNotReady
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.task import Model
from tests.support.artifacts import put_artifact

if TYPE_CHECKING:
    from pathlib import Path

MODEL = Model("hublet/demo", "a" * 40)
SPEC = ArtifactSpec("any-tag", (), "auto", threads=1, memory_mb=4096)
BRANCH = Model("hublet/demo")


@pytest.fixture
def provider(tmp_path: Path) -> DirectProvider:
    return DirectProvider(tmp_path, "http://127.0.0.1:9", {}, SPEC)


def test_an_empty_cache_is_cold(provider: DirectProvider) -> None:
    assert provider.store.find(MODEL) is None
    assert provider.store.state(MODEL) == "cold"


def test_a_published_artifact_is_found(provider: DirectProvider, tmp_path: Path) -> None:
    folder = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    found = provider.store.find(MODEL)
    assert found is not None
    assert found.folder == folder
    assert provider.store.state(MODEL) == "ready"


def test_an_artifact_of_a_later_release_is_served(provider: DirectProvider, tmp_path: Path) -> None:
    """After a rollback: what its manifest says beyond what we know is no damage."""
    manifest = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag) / MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "added_later": {"a": 1}}))
    assert provider.store.find(MODEL) is not None
    assert manifest.exists()


def test_a_branch_is_found_by_its_recorded_commit(provider: DirectProvider, tmp_path: Path) -> None:
    put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    assert provider.store.find(BRANCH) is None
    state = tmp_path / "state" / "hublet--demo"
    state.mkdir(parents=True)
    (state / "revision-main.json").write_text(json.dumps({"commit": MODEL.revision}))
    assert provider.store.find(BRANCH) is not None


@pytest.mark.parametrize("damage", ["truncate", "missing file", "no manifest", "not json", "other keys"])
def test_a_damaged_artifact_is_set_aside(provider: DirectProvider, tmp_path: Path, damage: str) -> None:
    folder = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
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
    assert provider.store.find(MODEL) is None
    assert not folder.exists()
    assert folder.with_name(folder.name + ".damaged").exists()
    put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    assert provider.store.find(MODEL) is not None


def test_half_made_folders_are_not_found(provider: DirectProvider, tmp_path: Path) -> None:
    folder = put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    folder.rename(folder.with_name(".abc.tmp"))
    assert provider.store.find(MODEL) is None


def test_a_waiter_gives_up_at_its_deadline_behind_a_holder_that_never_ends(
    provider: DirectProvider, tmp_path: Path
) -> None:
    state = tmp_path / "state" / "hublet--demo"
    state.mkdir(parents=True)
    progress = {"stage": "downloading", "done_bytes": 25_000_000, "total_bytes": 100_000_000, "seconds": 10.0}
    held = Lease(state).try_take(None)
    assert held
    held.note(progress=progress)
    assert provider.store.state(MODEL) == "preparing"
    started_s = time.monotonic()
    with pytest.raises(ModelNotReady) as raised:
        provider.fetch(MODEL, Deadline.after(0.5), lambda progress: None)
    assert time.monotonic() - started_s < 1.0
    held.end()
    assert raised.value.retry_after_s == pytest.approx(
        30 + 12 + 100 / 15
    )  # 75 MB at 2.5 MB/s, then the conversion
    assert provider.store.state(MODEL) == "cold"


def test_a_waiter_takes_what_the_holder_made(provider: DirectProvider, tmp_path: Path) -> None:
    put_artifact(tmp_path, MODEL, SPEC.pipeline_tag)
    assert provider.fetch(MODEL, Deadline.after(5), lambda progress: None).manifest.commit == MODEL.revision
