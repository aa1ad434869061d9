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

from inference.artifact import Artifact
from inference.maintenance.service import Maintenance
from inference.maintenance.settings import MaintenanceSettings
from tests.cache.site import ANSWER, WEIGHTS
from tests.conftest import FakeContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cache.site import Site

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
    site: Site, switched: Callable[[str, str, str], Path], call: str, errno: str, path: str
) -> None:
    switch = switched(call, errno, path)
    failed = site.outcome()
    assert call in site.seen.read_text()
    assert failed["error"] == "InternalError"
    assert failed["message"] == f"the model cache cannot be written: {TOLD[errno]}"
    assert site.artifacts() == []
    assert [name for name in site.half_made() if not name.endswith(".incomplete")] == []
    switch.unlink()
    assert site.outcome()["answer"] == ANSWER


def test_a_stale_handle_at_a_load_is_looked_up_again(
    site: Site, switched: Callable[[str, str, str], Path]
) -> None:
    """A fault that stays is told, and is no reason to put a good artifact aside."""
    assert site.outcome()["answer"] == ANSWER
    site.hub.stop()
    for errno in ("ESTALE", "EIO"):
        switch = switched("read", errno, "manifest.json")
        failed = site.outcome()
        assert failed["message"] == f"the model cache cannot be read: {TOLD[errno]}"
        assert site.seen.read_text().count("read") == (2 if errno == "ESTALE" else 1)
        site.seen.unlink()
        switch.unlink()
        assert site.outcome()["answer"] == ANSWER


def test_an_owner_that_may_not_be_changed_does_not_matter(site: Site) -> None:
    site.faults = [{"call": call, "errno": "EPERM", "path": ""} for call in ("chown", "lchown", "chmod")]
    assert site.outcome()["answer"] == ANSWER


def test_a_cache_of_another_owner(site: Site) -> None:
    if os.geteuid():
        pytest.skip("takes the right to be another user")
    site.cache = Path(tempfile.mkdtemp(prefix="test-"))
    site.cache.chmod(0o755)  # where all may look, below no folder of ours alone
    failed = site.outcome(uid=NOBODY)
    assert (failed["error"], failed["message"]) == (
        "InternalError",
        "the model cache cannot be written: this function's user may not",
    )
    assert list(site.cache.iterdir()) == []
    assert site.outcome()["answer"] == ANSWER
    shutil.rmtree(site.cache)


def test_a_read_only_cache_serves_what_it_has(site: Site, small_mount: Callable[[str], Path]) -> None:
    site.cache = small_mount("size=64m")
    assert site.outcome()["answer"] == ANSWER
    (folder,) = site.artifacts()
    subprocess.run(["mount", "-o", "remount,ro", str(site.cache)], check=True)
    assert site.outcome()["answer"] == ANSWER
    failed = site.outcome(tag="another-tag")
    assert failed["message"] == "the model cache cannot be written: it is mounted read-only"
    subprocess.run(["mount", "-o", "remount,rw", str(site.cache)], check=True)
    (folder / "model.safetensors").unlink()
    assert site.outcome()["answer"] == ANSWER


def test_a_cache_that_fills_up_while_a_model_comes(site: Site, small_mount: Callable[[str], Path]) -> None:
    site.cache = small_mount("size=4m")
    site.hub.faults.slow = 1_000_000
    worker = site.start()
    worker.read_until("downloading")
    filler = site.cache / "filler"
    with filler.open("wb", buffering=0) as stream, pytest.raises(OSError, match="No space"):
        while True:
            stream.write(bytes(64 * 1024))
    failed = worker.outcome()
    assert (failed["error"], "remove a model" in failed["message"]) == ("CacheFull", True)
    assert site.artifacts() == []
    filler.unlink()
    site.hub.faults.slow = 0
    assert site.outcome()["answer"] == ANSWER


def test_a_temporary_folder_without_room_is_named(
    site: Site, switched: Callable[[str, str, str], Path]
) -> None:
    switch = switched("mkdir", "ENOSPC", f"{tempfile.gettempdir()}/hublet-")
    failed = site.outcome()
    assert (failed["error"], failed["message"]) == (
        "InternalError",
        "/tmp is too small to prepare hublet/small; raise the function's storage",
    )
    switch.unlink()
    assert site.outcome()["answer"] == ANSWER


def test_memory_that_runs_out_is_named(site: Site, switched: Callable[[str, str, str], Path]) -> None:
    switch = switched("link", "ENOMEM", "/artifacts/")
    site.faults.append({**site.faults[0], "call": "write"})
    failed = site.outcome(memory_mb=1024)
    assert failed["error"] == "InternalError"
    assert "needs more memory than the 1024 MB" in failed["message"]
    switch.unlink()
    assert site.outcome(memory_mb=2048)["answer"] == ANSWER


def verify(site: Site, **more: bool) -> list[dict[str, object]]:
    maintenance = Maintenance(MaintenanceSettings(site.cache, ()), lambda name, payload: None)
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
def test_a_damaged_file_is_found_put_aside_and_made_again(site: Site, place: str, damage: str) -> None:
    assert site.outcome()["answer"] == ANSWER
    (folder,) = site.artifacts()
    if place == "hub":
        (hurt,) = [path for path in site.cache.glob("hub/*/blobs/*") if path.stat().st_size == len(WEIGHTS)]
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
        assert len(verify(site)) == 1
        (found,) = verify(site, repair=True)
        assert found["repaired"] is True
    site.hub.record.clear()
    assert site.outcome()["answer"] == ANSWER
    (again,) = site.artifacts()
    assert Artifact.open(again)
    assert again.with_name(again.name + ".damaged").is_dir()
    assert (
        len(WEIGHTS) * (place == "hub")
        <= site.hub.record.file_bytes
        <= 1.02 * len(WEIGHTS) * (place == "hub")
    )
    assert verify(site) == []


def test_a_frozen_environment_does_not_keep_the_librarys_lock(site: Site) -> None:
    """A lock of the file system's stays with a frozen process, and who waits for it waits for ever."""
    site.hub.faults.slow = 500_000
    frozen = site.start(stale_s=1.0)
    frozen.read_until("downloading")
    assert site.hub.record.wait_for(lambda seen: any("model.safetensors" in one.path for one in seen))
    frozen.signal(signal.SIGSTOP)
    site.hub.faults.slow = 0
    done = site.outcome(stale_s=1.0, within_s=30)
    assert done["answer"] == ANSWER
    assert done["seconds"] < 20


@pytest.mark.parametrize("errno", [None, "ENOSYS"], ids=["no-op", "ENOSYS"])
def test_locks_that_do_not_work(site: Site, errno: str | None) -> None:
    """One environment is killed half-way; its lock file does not stop the next."""
    fault = {"call": "flock", "path": ""}
    site.faults = [fault | ({"errno": errno} if errno else {})]
    site.hub.faults.slow = 500_000
    dead = site.start(stale_s=1.0)
    dead.read_until("downloading")
    assert site.hub.record.wait_for(lambda seen: any("model.safetensors" in one.path for one in seen))
    dead.signal(signal.SIGKILL)
    site.hub.faults.slow = 0
    assert site.outcome(stale_s=1.0)["answer"] == ANSWER
    assert "flock" in site.seen.read_text()
