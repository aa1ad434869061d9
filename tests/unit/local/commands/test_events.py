"""The committed console test events are the tasks' first examples, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inference.tasks import all_tasks
from local.commands.events import event
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from inference.task import Task

TASKS = all_tasks()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_an_event_for_every_task(task: Task) -> None:
    assert (ROOT / "events" / f"{task.function_name}.json").read_text() == event(task)


def test_no_event_is_left_over() -> None:
    assert {path.stem for path in (ROOT / "events").iterdir()} == {task.function_name for task in TASKS}
