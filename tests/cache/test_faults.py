"""A cache that cannot be written or read: the documented error, nothing half-made, all well afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference.cache.artifact import Artifact
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings
from tests.support.cluster.cluster import ANSWER, WEIGHTS
from tests.support.context import FakeContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.cluster.cluster import Cluster

NOBODY = 65534
TOLD = {
    "EIO": "the file system reports an input/output error",
    "ESTALE": "the file system reports a stale file handle",
    "EPERM": "this function's user may not",
    "EROFS": "it is mounted read-only",
}


@pytest.mark.parametrize(
    ("call", "errno", "path"),
    [
        ("rename", "EIO", "/state/"),
        ("rename", "ESTALE", "/state/"),
        ("write", "EIO", "/state/"),
        ("write", "EIO", "/hub/"),
        ("write", "ESTALE", "/hub/"),
        ("write", "EROFS", "/hub/"),
        ("rename", "EIO", "/artifacts/"),
        ("rename", "ESTALE", "/artifacts/"),
        ("write", "EPERM", "/artifacts/"),
    ],
)
def test_a_fault_is_told_leaves_nothing_and_ends(
    cluster: Cluster, switched: Callable[[str, str, str], Path], call: str, errno: str, path: str
) -> None:
    switch = switched(call, errno, path)
    failed = cluster.outcome()
    assert call in cluster.seen.read_text()
    assert failed["error"] == "InternalError"
    assert failed["message"] == f"the model cache cannot be written: {TOLD[errno]}"
    assert cluster.artifacts() == []
    assert [name for name in cluster.half_made() if not name.endswith(".incomplete")] == []
    switch.unlink()
    assert cluster.outcome()["answer"] == ANSWER


def test_a_stale_handle_at_a_load_is_looked_up_again(
    cluster: Cluster, switched: Callable[[str, str, str], Path]
) -> None:
    """A fault that stays is told, and is no reason to put a good artifact aside."""
    assert cluster.outcome()["answer"] == ANSWER
    cluster.hub.stop()
    for errno in ("ESTALE", "EIO"):
        switch = switched("read", errno, "manifest.json")
        failed = cluster.outcome()
        assert failed["message"] == f"the model cache cannot be read: {TOLD[errno]}"
        assert cluster.seen.read_text().count("read") == (2 if errno == "ESTALE" else 1)
        cluster.seen.unlink()
        switch.unlink()
        assert cluster.outcome()["answer"] == ANSWER


def test_an_owner_that_may_not_be_changed_does_not_matter(cluster: Cluster) -> None:
    cluster.faults = [{"call": call, "errno": "EPERM", "path": ""} for call in ("chown", "lchown", "chmod")]
    assert cluster.outcome()["answer"] == ANSWER


def test_a_cache_of_another_owner(cluster: Cluster) -> None:
    if os.geteuid():
        pytest.skip("takes the right to be another user")
    cluster.cache = Path(tempfile.mkdtemp(prefix="test-"))
    cluster.cache.chmod(0o755)  # where all may look, below no folder of ours alone
    failed = cluster.outcome(uid=NOBODY)
    assert (failed["error"], failed["message"]) == (
        "InternalError",
        "the model cache cannot be written: this function's user may not",
    )
    assert list(cluster.cache.iterdir()) == []
    assert cluster.outcome()["answer"] == ANSWER
    shutil.rmtree(cluster.cache)


def test_a_read_only_cache_serves_what_it_has(cluster: Cluster, small_mount: Callable[[str], Path]) -> None:
    cluster.cache = small_mount("size=64m")
    assert cluster.outcome()["answer"] == ANSWER
    (folder,) = cluster.artifacts()
    subprocess.run(["mount", "-o", "remount,ro", str(cluster.cache)], check=True)
    assert cluster.outcome()["answer"] == ANSWER
    failed = cluster.outcome(tag="another-tag")
    assert failed["message"] == "the model cache cannot be written: it is mounted read-only"
    subprocess.run(["mount", "-o", "remount,rw", str(cluster.cache)], check=True)
    (folder / "model.safetensors").unlink()
    assert cluster.outcome()["answer"] == ANSWER


def test_a_cache_that_fills_up_while_a_model_comes(
    cluster: Cluster, small_mount: Callable[[str], Path]
) -> None:
    cluster.cache = small_mount("size=4m")
    cluster.hub.faults.slow_bytes_per_s = 1_000_000
    worker = cluster.start()
    worker.read_until("downloading")
    filler = cluster.cache / "filler"
    with filler.open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space"):
        while True:
            stream.write(bytes(64 * 1024))
    failed = worker.outcome()
    assert (failed["error"], "remove a model" in failed["message"]) == ("CacheFull", True)
    assert cluster.artifacts() == []
    filler.unlink()
    cluster.hub.faults.slow_bytes_per_s = 0
    assert cluster.outcome()["answer"] == ANSWER


def test_a_temporary_folder_without_room_is_named(
    cluster: Cluster, switched: Callable[[str, str, str], Path]
) -> None:
    switch = switched("mkdir", "ENOSPC", f"{tempfile.gettempdir()}/hublet-")
    failed = cluster.outcome()
    assert (failed["error"], failed["message"]) == (
        "InternalError",
        "/tmp is too small to prepare hublet/small; raise the function's storage",
    )
    switch.unlink()
    assert cluster.outcome()["answer"] == ANSWER


def test_memory_that_runs_out_is_named(cluster: Cluster, switched: Callable[[str, str, str], Path]) -> None:
    switch = switched("link", "ENOMEM", "/artifacts/")
    cluster.faults.append({**cluster.faults[0], "call": "write"})
    failed = cluster.outcome(memory_mb=1024)
    assert failed["error"] == "InternalError"
    assert "needs more memory than the 1024 MB" in failed["message"]
    switch.unlink()
    assert cluster.outcome(memory_mb=2048)["answer"] == ANSWER


def verify(cluster: Cluster, **more: bool) -> list[dict[str, object]]:
    maintenance = Maintenance(MaintenanceSettings(cluster.cache, ()), lambda name, payload: None)
    context = FakeContext(900, f"verify-{len(more)}")
    damaged: list[dict[str, object]] = maintenance({"action": "verify", **more}, context)["damaged"]
    return damaged


def flip(path: Path) -> None:
    """One bit in the middle; a hard link elsewhere keeps what it had."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
@pytest.mark.parametrize("place", ["hub", "artifacts"])
def test_a_damaged_file_is_found_put_aside_and_made_again(cluster: Cluster, place: str, damage: str) -> None:
    assert cluster.outcome()["answer"] == ANSWER
    (folder,) = cluster.artifacts()
    if place == "hub":
        (hurt,) = [
            path for path in cluster.cache.glob("hub/*/blobs/*") if path.stat().st_size == len(WEIGHTS)
        ]
        (folder / "model.safetensors").unlink()  # so that it is made again, from what is in hub/
    else:
        hurt = folder / "model.safetensors"
    if damage == "flipped":
        flip(hurt)
    else:
        content = hurt.read_bytes()[:1000]
        hurt.unlink()
        hurt.write_bytes(content)
    if (place, damage) == ("artifacts", "flipped"):
        assert len(verify(cluster)) == 1
        (found,) = verify(cluster, repair=True)
        assert found["repaired"] is True
    cluster.hub.record.clear()
    assert cluster.outcome()["answer"] == ANSWER
    (again,) = cluster.artifacts()
    assert Artifact.open(again)
    assert again.with_name(again.name + ".damaged").is_dir()
    assert (
        len(WEIGHTS) * (place == "hub")
        <= cluster.hub.record.file_bytes
        <= 1.02 * len(WEIGHTS) * (place == "hub")
    )
    assert verify(cluster) == []


def test_a_frozen_environment_does_not_keep_the_librarys_lock(cluster: Cluster) -> None:
    """A lock of the file system's stays with a frozen process, and who waits for it waits for ever."""
    cluster.hub.faults.slow_bytes_per_s = 500_000
    frozen = cluster.start(stale_s=1.0)
    frozen.read_until("downloading")
    assert cluster.hub.record.wait_for(lambda seen: any("model.safetensors" in one.path for one in seen))
    frozen.signal(signal.SIGSTOP)
    cluster.hub.faults.slow_bytes_per_s = 0
    done = cluster.outcome(stale_s=1.0, within_s=30)
    assert done["answer"] == ANSWER
    assert done["seconds"] < 20


@pytest.mark.parametrize("errno", [None, "ENOSYS"], ids=["no-op", "ENOSYS"])
def test_locks_that_do_not_work(cluster: Cluster, errno: str | None) -> None:
    """One environment is killed half-way; its lock file does not stop the next."""
    fault = {"call": "flock", "path": ""}
    cluster.faults = [fault | ({"errno": errno} if errno else {})]
    cluster.hub.faults.slow_bytes_per_s = 500_000
    dead = cluster.start(stale_s=1.0)
    dead.read_until("downloading")
    assert cluster.hub.record.wait_for(lambda seen: any("model.safetensors" in one.path for one in seen))
    dead.signal(signal.SIGKILL)
    cluster.hub.faults.slow_bytes_per_s = 0
    assert cluster.outcome(stale_s=1.0)["answer"] == ANSWER
    assert "flock" in cluster.seen.read_text()
