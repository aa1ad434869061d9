"""Faults of the cache that meet native code in a real conversion: C++ that writes a graph and its weights."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.hub.server import HubServer
from tests.support.cluster.cluster import FAULTY, SENTIMENT, Cluster
from tests.support.models.decoders import make_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = FAULTY / "native"
CANNOT_WRITE = "the model cache cannot be written: the file system reports "
IO_ERROR = ("InternalError", CANNOT_WRITE + "an input/output error")
LLAMA = "hublet/tiny-llama"
CONTINUE = {
    "model": LLAMA,
    "tag": "text-generation",
    "examples": ["Hello there"],
    "text": "Hello",
    "precision": "fp32",
}


class Faults:
    """What stands between native code and the file system, in all that prepares a cluster's models."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._switch, self._seen = cluster.root / "on", cluster.root / "seen"
        self._folder = cluster.root / "preload"
        self._folder.mkdir()
        shutil.copy(SOURCE / "sitecustomize.py", self._folder)
        self._library = self._folder / "faults.so"
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("takes a C compiler")
        source = str(SOURCE / "faults.c")
        command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(self._library), source]
        subprocess.run([*command, "-ldl"], check=True)

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "PYTHONPATH": str(self._folder)}

    def on(self, call: str, name: str, file: str) -> None:
        """Calls on files of such a name fail from now on."""
        self._switch.touch()
        self._seen.unlink(missing_ok=True)
        variables = {
            "LD_PRELOAD": str(self._library),
            "FAULT_UNDER": str(self._cluster.cache / "artifacts"),
            "FAULT_NAME": file,
            "FAULT_CALL": call,
            "FAULT_ERRNO": str(getattr(errno, name)),
            "FAULT_WHILE": str(self._switch),
            "FAULT_SEEN": str(self._seen),
        }
        (self._folder / "variables.json").write_text(json.dumps(variables))

    def off(self) -> None:
        self._switch.unlink()

    def callers(self) -> set[str]:
        """Names of the libraries whose calls failed."""
        lines = self._seen.read_text().splitlines() if self._seen.exists() else []
        return {Path(line.split()[1]).name for line in lines}

    def native_callers(self) -> set[str]:
        return {name for name in self.callers() if not name.startswith(("python", "libpython"))}


def check_told(
    cluster: Cluster, faults: Faults, job: dict[str, Any], expected: tuple[str, str], *, is_seen: bool = True
) -> None:
    """``is_seen``: not where a process that begins behind the walls meets the fault; its error tells."""
    failed = cluster.outcome(child_environment=faults.environment, **job)
    if is_seen:
        assert faults.callers()
    assert failed["error"] == expected[0]
    assert failed["message"].startswith(expected[1])
    assert cluster.artifacts() == []
    assert cluster.half_made() == []


def test_a_fault_that_meets_native_code_is_told_leaves_nothing_and_ends(demo: Cluster) -> None:
    faults = Faults(demo)
    no_room = ("CacheFull", "the model cache has no room for hublet/demo-sentiment")
    for call, name, file, expected in (
        ("write", "EIO", "model.onnx.data", IO_ERROR),
        ("write", "ENOSPC", "model.onnx.data", no_room),
        ("open", "ESTALE", "model.onnx", ("InternalError", CANNOT_WRITE + "a stale file handle")),
    ):
        faults.on(call, name, file)
        check_told(demo, faults, SENTIMENT, expected)
        assert faults.native_callers(), call
    # What native code left unsaid at its close, NFS says here.
    faults.on("fsync", "ENOSPC", "model.onnx.data")
    check_told(demo, faults, SENTIMENT, no_room)
    faults.off()
    answered = demo.outcome(child_environment=faults.environment, **SENTIMENT)
    assert answered["answer"][0][0]["label"] == "POSITIVE"
    (folder,) = demo.artifacts()
    assert folder.name.startswith("onnx-")  # and no engine that makes do


@pytest.fixture
def llama(tmp_path: Path) -> Iterator[Cluster]:
    """With the Hub of a random model of no size, which the model builder takes."""
    make_snapshot(tmp_path / "repositories" / LLAMA, "llama")
    with HubServer(tmp_path / "repositories") as hub:
        cluster = Cluster(tmp_path, hub)
        yield cluster
        cluster.stop()


@pytest.mark.long
def test_a_fault_of_the_model_builder_or_the_tokenizers_library_is_told_too(llama: Cluster) -> None:
    faults = Faults(llama)
    faults.on("write", "ENOSPC", "model.onnx.data")
    full = ("CacheFull", f"the model cache has no room for {LLAMA}")
    check_told(llama, faults, CONTINUE, full, is_seen=False)
    faults.on("close", "EIO", "tokenizer.json")  # the library's own writer says nothing of it
    check_told(llama, faults, CONTINUE, IO_ERROR)
    faults.on("open", "EIO", "onnxruntime.db")  # where telemetry would keep its queue
    answered = llama.outcome(child_environment=faults.environment, **CONTINUE)
    assert answered["answer"][0]["generated_text"]
    assert faults.callers() == set()
    (folder,) = llama.artifacts()
    assert folder.name.startswith("genai-")
