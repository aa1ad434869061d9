"""``make invoke``: every task's own event, and what the printed answer has to be known by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from inference.tasks import all_tasks
from local.commands import invoke
from local.demo.catalog import current
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Task
    from tests.support.served import Served

TASKS = all_tasks()
UNTRAINED = ("zero_shot_image",)
"""Tasks that no trained demo model stands in for."""


@pytest.fixture
def port(served: Served, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(ROOT)
    return served.url.rstrip("/").rpartition(":")[2]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_event_is_answered(
    served: Served, port: str, task: Task, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke.main([task.function_name, "--port", port]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)
    described = served.get(task.function_name).json()
    demo = current(described["model"])
    assert demo
    assert described["revision"] == demo.commit
    assert printed.err.strip() == demo.note
    assert bool(demo.note) == (task.name in UNTRAINED)


def test_another_event_and_a_failure(port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"text": "What a lovely day!"}')
    assert invoke.main(["sentiment", "--event", str(event), "--port", port]) == 0
    assert json.loads(capsys.readouterr().out)[0][0]["label"] == "POSITIVE"
    event.write_text('{"text": 3}')
    assert invoke.main(["sentiment", "--event", str(event), "--port", port]) == 1
    assert json.loads(capsys.readouterr().out)["errorType"] == "InvalidField"


def test_what_is_not_there_is_named(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke.main(["nope", "--port", port]) == 1
    assert "unknown task 'nope'" in capsys.readouterr().err


def test_a_cloud_that_does_not_run_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke.main(["sentiment", "--port", "9"]) == 1
    assert "http://127.0.0.1:9" in capsys.readouterr().err
