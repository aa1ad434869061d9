"""The mark that serving leaves when it loads a model: there soon, and never in the way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache import last_used
from inference.cache.layout import CacheLayout
from inference.engines.engine import Engine, Outcome
from inference.serve import Service
from inference.settings import Settings
from inference.task import Model
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext

if TYPE_CHECKING:
    from pathlib import Path

    from inference.task import Call


class Echo(Engine):
    """Answers an input with itself."""

    def run(self, call: Call) -> Outcome:
        return Outcome(call.inputs)


def left(layout: CacheLayout, folder: Path) -> None:
    """Leave a mark, and wait for the thread that does it."""
    before = set(threading.enumerate())
    last_used.leave(layout, folder)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put_artifact(tmp_path, Model("hublet/demo", "a" * 40), "any-tag")


def test_a_load_leaves_a_mark_with_its_time(tmp_path: Path, folder: Path) -> None:
    layout = CacheLayout(tmp_path)
    assert last_used.seen_s(layout, folder) is None
    left(layout, folder)
    assert last_used.seen_s(layout, folder) == pytest.approx(time.time(), abs=60)
    assert last_used.path(layout, folder).parent == layout.state("hublet/demo")


def test_serving_marks_a_load_and_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = get_task("sentiment")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    marked: list[str] = []
    monkeypatch.setattr(last_used, "leave", lambda _, folder: marked.append(folder.parent.name))
    settings = Settings.from_env({"TASK": task.name, "MODEL_CACHE": str(tmp_path)})
    service = Service(task, settings, load=lambda *_: Echo())
    service.start()
    for _ in range(3):
        service({"inputs": "x"}, FakeContext())
    assert len(marked) == 1


def test_a_cache_that_cannot_be_written_fails_nobody(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    left(CacheLayout(tmp_path), folder)
    assert last_used.seen_s(CacheLayout(tmp_path), folder) is None


def test_a_file_system_that_hangs_holds_nobody_up(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, began = threading.Event(), threading.Event()

    def hang(*_: Any, **__: Any) -> None:
        began.set()
        gate.wait(30)

    monkeypatch.setattr("pathlib.Path.touch", hang)
    last_used.leave(CacheLayout(tmp_path), folder)
    assert began.wait(10)
    assert not gate.is_set()
    gate.set()
