"""A process that works on a stranger's files has its own folders and no others, by the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from inference.deadline import Deadline
from inference.jobs import landlock, process
from inference.jobs.requests import ConvertJob, DownloadJob
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")

PROBE = """
import json, os, signal, subprocess, sys
from pathlib import Path
from inference.jobs import landlock
PATHS = {"PYTHONPATH": os.getcwd()}  # as the builder gets it
IMPORT = [sys.executable, "-P", "-c", "import inference"]
own, told, other, parent = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), os.getppid()
assert landlock.close_folders(writable=(own,), readable=(told,))
import decimal, numpy  # libraries are still there to be read
attempts = {
    "write its own": lambda: (own / "a").write_text("x"),
    "move within its own": lambda: (own / "a").rename(own / "b"),
    "read what it was given": lambda: (told / "there").read_text(),
    "use /dev/null": lambda: open("/dev/null", "w").write("x"),
    "start Python": lambda: subprocess.run(IMPORT, env=PATHS, check=True),
    "change what it was given": lambda: (told / "there").write_text("x"),
    "read another": lambda: (other / "there").read_text(),
    "list another": lambda: os.listdir(other),
    "write another": lambda: (other / "new").write_text("x"),
    "cut another short": lambda: os.truncate(other / "there", 0),
    "remove from another": lambda: (other / "there").unlink(),
    "link out of another": lambda: os.link(other / "there", own / "link"),
    "move into another": lambda: (own / "b").rename(other / "b"),
    "read the project": lambda: Path("README.md").read_text(),
    "open its parent's memory": lambda: open(f"/proc/{parent}/mem", "rb"),
    "signal its parent": lambda: os.kill(parent, 0),
}
outcomes = {}
for name, attempt in attempts.items():
    try:
        attempt()
        outcomes[name] = "done"
    except OSError as error:
        outcomes[name] = type(error).__name__
print(json.dumps(outcomes))
"""
STAYS_OPEN = 5
"""The first so many attempts."""
SIGNALS_SINCE, TRUNCATES_SINCE = 6, 3


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("own", "told", "other")]
    for folder in made:
        folder.mkdir()
        (folder / "there").write_text("content")
    return made


def probe(folders: list[Path]) -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *map(str, folders)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    outcomes: dict[str, str] = json.loads(done.stdout)
    return outcomes


def test_a_process_has_its_own_folders_and_no_others(folders: list[Path]) -> None:
    outcomes = list(probe(folders).items())
    assert {name for name, outcome in outcomes[:STAYS_OPEN] if outcome != "done"} == set()
    newer = {"signal its parent": SIGNALS_SINCE, "cut another short": TRUNCATES_SINCE}
    closed = [each for each in outcomes[STAYS_OPEN:] if landlock.version() >= newer.get(each[0], 1)]
    assert {name for name, outcome in closed if outcome == "done"} == set()
    assert (folders[2] / "there").read_text() == "content"


CONVERT_JOB: dict[str, Any] = {
    **{"model": "hublet/tiny", "commit": "a" * 40, "pipeline_tag": "text-classification", "examples": []},
    **{"trial": None, "precision": "fp32", "threads": 1, "memory_mb": 4096, "memory_option": "x.memory"},
}
DOWNLOAD_JOB: dict[str, Any] = {
    **{"hub_url": "http://127.0.0.1:9", "model": "hublet/tiny", "revision": "main", "converted_types": []},
    **{"pickle_weights": False, "own_graph": False, "memory_mb": 4096, "memory_option": "x.memory"},
}


def attempted(job: ConvertJob | DownloadJob, secret: Path, tmp_path: Path) -> list[str]:
    """What the real entry point of a child may do with a file of another model."""
    told: list[str] = []
    environment = {"PATH": os.environ["PATH"], "HUBLET_SECRET": str(secret), "TMPDIR": str(tmp_path)}
    outcome = process.run(
        "tests.support.walled_child",
        job,
        environment,
        Deadline.after(60),
        lambda line: told.append(line["stage"]),
    )
    assert outcome["error"] == "ModelUnavailable", outcome
    return [each for each in told if each.startswith("secret")]


def test_a_conversion_reads_and_writes_no_other_model(tmp_path: Path) -> None:
    other = tmp_path / "artifacts" / "hublet--other"
    folders = [other, tmp_path / "snapshot", tmp_path / "state"]
    for folder in folders:
        folder.mkdir(parents=True)
    (other / "weights").write_text("others")
    (folders[1] / "config.json").write_text("{}")
    places: dict[str, Any] = {"snapshot": str(folders[1]), "lease": str(folders[2]), "lease_token": 1}
    job = ConvertJob(**CONVERT_JOB, **places, artifacts=str(tmp_path / "artifacts" / "hublet--tiny" / "a"))
    assert attempted(job, other / "weights", tmp_path) == ["secret: PermissionError, PermissionError"]


def test_a_download_reads_and_writes_no_other_model(tmp_path: Path) -> None:
    other = tmp_path / "hub" / "models--hublet--other"
    other.mkdir(parents=True)
    (other / "weights").write_text("others")
    job = DownloadJob(**DOWNLOAD_JOB, hub_cache=str(tmp_path / "hub"))
    assert attempted(job, other / "weights", tmp_path) == ["secret: PermissionError, PermissionError"]
