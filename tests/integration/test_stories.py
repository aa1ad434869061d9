"""What a user lives through: a Hub that dies, is slow or lacks the model; a new task; a stop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from inference.tasks import task_names
from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.paths import ROOT
from tests.support.served import serve, synth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEMO = {"MODEL": "hublet/demo-sentiment"}
GOOD = {"inputs": "I love it, it works great!"}


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer(DEMO_REPOSITORIES) as server:
        yield server


def test_once_cached_the_hub_is_asked_nothing_and_may_die(
    hub: HubServer, changed_template: Callable[..., Path], tmp_path: Path
) -> None:
    arguments = ["--hub", hub.url, "--cache", str(tmp_path / "cache")]
    arguments += ["--template", str(changed_template(DEMO))]
    with serve(*arguments) as served:
        assert served.get("sentiment/health").json()["model"] == "cold"
        assert hub.record.lines == []  # looking at the health downloads nothing
        first = served.post("sentiment/", GOOD).json()
        assert first[0][0]["label"] == "POSITIVE"
    hub.record.clear()
    with serve(*arguments) as served:
        assert served.post("sentiment/", GOOD).json() == first
    assert hub.record.lines == []
    hub.stop()
    with serve(*arguments) as served:
        assert served.post("sentiment/", GOOD).json() == first


def test_a_dead_hub_before_the_first_invoke(template: Path, tmp_path: Path) -> None:
    with serve(
        "--template", str(template), "--hub", "http://127.0.0.1:9", "--cache", str(tmp_path / "cache")
    ) as served:
        reply = served.post("sentiment/", GOOD)
    assert (reply.status_code, reply.json()["type"]) == (503, "HubUnreachable")
    assert int(reply.headers["retry-after"]) > 0


def test_a_model_that_the_hub_does_not_have(
    hub: HubServer, changed_template: Callable[..., Path], tmp_path: Path
) -> None:
    path = changed_template({"MODEL": "hublet/nowhere"})
    with serve("--template", str(path), "--hub", hub.url, "--cache", str(tmp_path / "cache")) as served:
        reply = served.post("sentiment/", GOOD)
        assert served.get("sentiment/health").status_code == 200
    assert (reply.status_code, reply.json()["type"]) == (424, "ModelUnavailable")
    assert "hublet/nowhere" in reply.json()["error"]


def test_a_slow_hub_is_a_503_before_the_timeout_and_a_second_call_is_throttled_meanwhile(
    hub: HubServer, changed_template: Callable[..., Path], tmp_path: Path
) -> None:
    hub.faults.hang = True
    path = changed_template(DEMO, Timeout=5, ReservedConcurrentExecutions=1)
    replies = []
    with serve("--template", str(path), "--hub", hub.url, "--cache", str(tmp_path / "cache")) as served:
        first = threading.Thread(target=lambda: replies.append(served.post("sentiment/", GOOD)))
        first.start()
        assert hub.record.wait_for(lambda seen: len(seen) > 0, timeout=20)
        started_s = time.monotonic()
        throttled = served.post("sentiment/", GOOD)
        assert (throttled.status_code, throttled.headers["retry-after"]) == (429, "1")
        first.join()
        assert time.monotonic() - started_s < 5
        assert (replies[0].status_code, replies[0].json()["type"]) == (503, "ModelNotReady")
        assert replies[0].json()["estimated_time"] > 0
        assert int(replies[0].headers["retry-after"]) > 0
    hub.faults.hang = False
    path = changed_template(DEMO, Timeout=300)
    with serve("--template", str(path), "--hub", hub.url, "--cache", str(tmp_path / "cache")) as served:
        assert served.post("sentiment/", GOOD).json()[0][0]["label"] == "POSITIVE"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stop_leaves_no_process(template: Path, cache: Path, number: signal.Signals) -> None:
    with serve("--template", str(template), "--cache", str(cache)) as served:
        served.post("sentiment/", GOOD)
        children = served.children()
        assert children
        served.process.send_signal(number)
        assert served.process.wait(20) == 0
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_a_copied_task_file_is_a_new_function(tmp_path: Path, cache: Path) -> None:
    """``tasks/README.md``: one file, no other edit; function, URL and local route follow."""
    tree = tmp_path / "tree"
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in ("inference", "stacks", "local", "docker"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for name in ("app.py", "cdk.json", "package.json", ".dockerignore", "models.lock.json"):
        shutil.copy(ROOT / name, tree / name)
    (tree / "node_modules").symlink_to(ROOT / "node_modules")
    source = (tree / "inference/tasks/sentiment.py").read_text()
    (tree / "inference/tasks/my_mood.py").write_text(source.replace('"sentiment"', '"my_mood"'))
    template = synth(tree, tree / "build" / "cdk.out")
    resources = json.loads(template.read_text())["Resources"].values()
    assert [resource["Type"] for resource in resources].count("AWS::Lambda::Url") == len(task_names()) + 1
    with serve("--cache", str(cache), "--tasks", "my_mood", root=tree) as served:
        assert [entry["name"] for entry in served.get().json()] == ["my-mood"]
        assert served.post("my-mood/", GOOD).json()[0][0]["label"] == "POSITIVE"


@pytest.mark.timeout(3000)  # it prepares every model, beside the tests of the image
def test_make_run_prints_a_table_and_writes_its_figures(cache: Path) -> None:
    command = ["make", "run", "HUB=embedded", f"CACHE={cache}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "POSITIVE" in done.stdout
    assert "downloading" in done.stderr
    rows = json.loads((ROOT / "build" / "run.json").read_text())
    assert sorted(row["function"] for row in rows) == sorted(name.replace("_", "-") for name in task_names())
    for row in rows:
        figures = {"first_s", "cold_s", "warm_ms"}
        assert row.keys() == {"function", "url", "model", "engine", "answer", "note"} | figures
        # Which is larger is a measurement's to say: beside other work a warm call can be the slower.
        assert all(row[figure] > 0 for figure in figures)


def test_a_run_that_fails_names_the_function_and_the_reason(template: Path, tmp_path: Path) -> None:
    arguments = ("--hub", "http://127.0.0.1:9", "--cache", str(tmp_path), "--template", str(template))
    done = subprocess.run(
        [sys.executable, "-m", "local", "run", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "sentiment answered 503" in done.stderr
    assert "the Hub did not deliver" in done.stderr
