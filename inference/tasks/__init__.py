"""Discovery: every public module here is one task. Importing one task imports no other."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from inference.task import Task
from inference.task_kinds import PIPELINE_TAGS


class UnknownTask(LookupError):
    """A task name that no file here carries."""


class BadTask(ValueError):
    """A task file declares what no engine serves; the message names the file and the field."""


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
    _check_tag(task)
    return task


def all_tasks() -> list[Task]:
    """Every task, for the stack, the local cloud and the tests."""
    return [get_task(name) for name in task_names()]


def _check_tag(task: Task) -> None:
    if task.pipeline_tag in PIPELINE_TAGS:
        return
    from difflib import get_close_matches  # for a mistake alone

    near = get_close_matches(task.pipeline_tag, PIPELINE_TAGS, 1)
    meant = f"; did you mean {near[0]!r}?" if near else ";"
    raise BadTask(
        f"inference/tasks/{task.name}.py: no engine serves pipeline_tag={task.pipeline_tag!r}{meant} "
        f"known: {', '.join(sorted(PIPELINE_TAGS))}"
    )
