"""Discovery: every public module here is one task. Importing one task imports no other."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from inference.task import Task


class UnknownTask(LookupError):
    """A task name that no file here carries."""


def task_names() -> list[str]:
    """Names of all tasks, sorted: the modules of this folder without a leading underscore."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def get_task(name: str) -> Task:
    """Import one task; a file that does not keep the rule fails loudly, by name."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name not in task_names():
        raise UnknownTask(f"unknown task {name!r}; known: {', '.join(task_names())}")
    task = getattr(import_module(f"{__name__}.{name}"), "TASK", None)
    if not isinstance(task, Task) or task.name != name:
        raise TypeError(f"inference/tasks/{name}.py must define TASK = Task(name={name!r}, ...)")
    return task


def all_tasks() -> list[Task]:
    """Every task, for the stack, the local cloud and the tests."""
    return [get_task(name) for name in task_names()]
