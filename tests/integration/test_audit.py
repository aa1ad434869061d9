"""Hostile strings in every place that a caller fills: no connection is made, and no file opened but ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING, Any

import pytest

from inference.runtime import peak_memory
from inference.task_kinds import head_of
from inference.tasks import get_task, task_names
from local.demo.catalog import current, demo_model
from tests.support.artifacts import put_artifact
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.served import Served

OWN = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
OWN |= {str(ROOT / "inference"), os.path.realpath(sys.prefix), os.path.join(sys.prefix, "lib"), os.devnull}
"""The package, the interpreter's libraries and those installed for it."""
OWN_FILES = {peak_memory.STATUS}
"""Of the kernel's, what it says of this very process."""


def put_artifacts(name: str, cache: Path) -> None:
    task = get_task(name)
    for model in (task.model, *task.alternatives):
        put_artifact(cache, model, head_of(task.pipeline_tag))


def audited(kind: str, name: str, cache: Path, **more: str) -> dict[str, Any]:
    """What a process of its own touched while it answered; in its home it leaves nothing."""
    home = cache.parent / "home"
    home.mkdir(exist_ok=True)
    variables = {
        "HOME": str(home),
        **more,
        "TASK": name,
        "TASKS": name,
        "MODEL_CACHE": str(cache),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "10240",
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(cache.parent),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.audited", kind, name],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(home.iterdir()) == []  # libraries that report to their makers keep a queue there
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def strange(paths: list[str], cache: Path) -> Iterator[str]:
    """Paths outside of what is ours; a number is a file that was open already."""
    for path in paths:
        real = os.path.realpath(path)
        if (
            not path.isdecimal()
            and path not in OWN_FILES
            and not any(
                real == place or real.startswith(f"{place}/") for place in (*OWN, os.path.realpath(cache))
            )
        ):
            yield path


def check(report: dict[str, Any], cache: Path) -> None:
    assert set(report["seen"]) >= {"open", "socket.connect"}, "the hook sees nothing"
    touched = report["touched"]
    assert touched["socket.connect"] == []
    assert touched["socket.getaddrinfo"] == []
    assert touched["subprocess.Popen"] == []
    for event in ("open", "os.listdir", "os.scandir"):
        assert list(strange(touched[event], cache)) == [], event
    assert report["faults"] == []


@pytest.mark.parametrize("name", task_names())
def test_a_function_reaches_for_nothing_that_a_caller_names(name: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    put_artifacts(name, cache)
    report = audited("task", name, cache)
    check(report, cache)
    assert report["calls"] > 500
    assert report["answered"] > 50  # among them are texts, which are read as texts


def test_the_cache_function_reaches_for_nothing_either(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    put_artifacts("summarization", cache)
    report = audited("maintenance", "summarization", cache)
    check(report, cache)
    assert report["calls"] > 500


@pytest.mark.parametrize("name", task_names())
def test_a_real_engine_reaches_for_nothing_that_a_caller_names(
    served: Served, cache: Path, name: str
) -> None:
    """On a prepared demo model: tokenizer, engine and all; of the calls, a part that is always the same."""
    task = get_task(name)
    demo = current(str(demo_model(task)))
    assert demo
    prepared = served.post(f"{task.function_name}/", dict(task.examples[0].body))
    assert prepared.status_code == 200, prepared.text
    report = audited("real", name, cache, MODEL=demo.repository, REVISION=demo.commit)
    check(report, cache)
    assert report["calls"] > 30
    takes_a_file = task.media_kind is not None
    # Most strings are no picture and no recording, and none is a word of the model to choose among.
    assert report["answered"] > (3 if takes_a_file else 5 if name == "fill_mask" else 10)
