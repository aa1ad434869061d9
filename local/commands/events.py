"""``make events``: a console test event for every task, from its first example."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from inference.tasks import all_tasks

if TYPE_CHECKING:
    from inference.task import Task

EVENTS = Path("events")


def main() -> None:
    """Write the events of all tasks."""
    for task in all_tasks():
        (EVENTS / f"{task.function_name}.json").write_text(event(task))


def event(task: Task) -> str:
    """The body of the task's first example, as JSON text."""
    return json.dumps(dict(task.examples[0].body), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
