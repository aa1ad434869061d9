"""Faults of the cache that meet native code in a real conversion: C++ that writes a graph and its weights."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cache.site import FAULTY, SENTIMENT

if TYPE_CHECKING:
    from tests.cache.site import Site

READ_ONLY = "the model cache cannot be written: "
FAULTS = [
    (
        "write",
        "EIO",
        "model.onnx.data",
        "InternalError",
        READ_ONLY + "the file system reports an input/output error",
    ),
    (
        "write",
        "ENOSPC",
        "model.onnx.data",
        "CacheFull",
        "the model cache has no room for hublet/demo-sentiment",
    ),
    (
        "open",
        "ESTALE",
        "model.onnx",
        "InternalError",
        READ_ONLY + "the file system reports a stale file handle",
    ),
]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """What stands between native code and the file system."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("takes a C compiler")
    path = tmp_path / "native.so"
    source = FAULTY / "native.c"
    command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(path), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return path


def callers(seen: Path) -> set[str]:
    """Names of the libraries whose calls failed."""
    return {Path(line.split()[1]).name for line in seen.read_text().splitlines()}


def test_a_fault_that_meets_native_code_is_told_leaves_nothing_and_ends(demo: Site, library: Path) -> None:
    switch, seen = demo.root / "on", demo.root / "seen"
    switch.touch()
    variables: dict[str, Any] = {}
    for call, name, file, kind, message in FAULTS:
        variables = {
            "PATH": os.environ["PATH"],
            "LD_PRELOAD": str(library),
            "FAULT_UNDER": str(demo.cache / "artifacts"),
            "FAULT_NAME": file,
            "FAULT_CALL": call,
            "FAULT_ERRNO": str(getattr(errno, name)),
            "FAULT_WHILE": str(switch),
            "FAULT_SEEN": str(seen),
        }
        failed = demo.outcome(child_environment=variables, **SENTIMENT)
        assert [each for each in callers(seen) if not each.startswith(("python", "libpython"))], call
        assert failed["error"] == kind, (call, name)
        assert failed["message"].startswith(message)
        assert demo.artifacts() == []
        assert demo.half_made() == []
        seen.unlink()
    switch.unlink()
    answered = demo.outcome(child_environment=variables, **SENTIMENT)
    assert answered["answer"][0][0]["label"] == "POSITIVE"
    (folder,) = demo.artifacts()
    assert folder.name.startswith("onnx-")  # and no engine that makes do
