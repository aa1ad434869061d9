"""Discovery: every public module here is one task. Importing one task imports no other.

A user's own tasks are files of a folder ``hublet_tasks`` on the path, or modules that an installed package
names as entry points of the group ``hublet.tasks``. Neither is looked at for a task of ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from inference.task import Task
from inference.task_kinds import PIPELINE_TAGS

OWN = "hublet_tasks"
"""The folder of a user's own task files, and the package that they are modules of."""
GROUP = "hublet.tasks"
"""The entry points by which an installed package brings tasks."""


class UnknownTask(LookupError):
    """A task name that no file carries."""


class BadTask(ValueError):
    """A task file declares what no engine serves; the message names the file and the field."""


@dataclass(frozen=True)
class TaskSource:
    """Where a task is declared."""

    name: str
    module: str
    """To be imported; it has the task as ``TASK``, or as ``attribute``."""
    label: str
    """How a complaint names it."""
    attribute: str = "TASK"
    is_own: bool = True
    """Whether it is a user's, not ours."""


def task_names() -> list[str]:
    """Names of all tasks, sorted."""
    return sorted(each.name for each in task_sources())


def get_task(name: str) -> Task:
    """Import one task; a file that does not keep the rule fails loudly, by name."""
    if re.fullmatch(r"[a-z][a-z0-9_]*", name):
        source = _find_built_in(name) or _find_own(name) or _find_entry_point(name)
        if source:
            return _load(source)
    raise UnknownTask(f"unknown task {name!r}; known: {', '.join(task_names())}")


def all_tasks() -> list[Task]:
    """Every task, for the stack, the local cloud and the tests."""
    return [_load(each) for each in task_sources()]


def task_sources() -> list[TaskSource]:
    """Where every task is declared, sorted by name; :class:`BadTask` where two have one name."""
    found: dict[str, TaskSource] = {}
    for source in (*map(_built_in, _public_files(Path(__file__).parent)), *_own_sources(), *_entry_points()):
        other = found.setdefault(source.name, source)
        if other is not source:
            raise BadTask(f"{source.label} and {other.label} have the same name; give one of them another")
    return sorted(found.values(), key=lambda each: each.name)


def own_folders() -> list[Path]:
    """The folders ``hublet_tasks`` on the path; mostly none."""
    from importlib.util import find_spec

    spec = find_spec(OWN)
    return [Path(each) for each in spec.submodule_search_locations or ()] if spec else []


def _public_files(folder: Path) -> list[str]:
    """Modules without a leading underscore."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def _built_in(name: str) -> TaskSource:
    return TaskSource(name, f"{__name__}.{name}", f"inference/tasks/{name}.py", is_own=False)


def _find_built_in(name: str) -> TaskSource | None:
    return _built_in(name) if Path(__file__).with_name(f"{name}.py").is_file() else None


def _own(name: str) -> TaskSource:
    return TaskSource(name, f"{OWN}.{name}", f"{OWN}/{name}.py")


def _own_sources() -> list[TaskSource]:
    return [_own(name) for folder in own_folders() for name in _public_files(folder)]


def _find_own(name: str) -> TaskSource | None:
    return next((_own(name) for folder in own_folders() if (folder / f"{name}.py").is_file()), None)


def _entry_points() -> list[TaskSource]:
    from importlib.metadata import entry_points  # takes longer than a whole task of ours

    return [
        TaskSource(
            point.name,
            point.module,
            f"the task {point.name!r} of {point.dist.name if point.dist else 'an installed package'}",
            point.attr or "TASK",
        )
        for point in entry_points(group=GROUP)
    ]


def _find_entry_point(name: str) -> TaskSource | None:
    return next((each for each in _entry_points() if each.name == name), None)


def _load(source: TaskSource) -> Task:
    task = getattr(_import(source), source.attribute, None)
    if not isinstance(task, Task) or task.name != source.name:
        raise BadTask(f"{source.label} must define {source.attribute} = Task(name={source.name!r}, ...)")
    _check_tag(task, source.label)
    return task


def _import(source: TaskSource) -> object:
    """The module; what a user's own one raises becomes a sentence that names it."""
    try:
        return import_module(source.module)
    except Exception as error:
        if source.is_own:
            raise BadTask(f"{source.label}: {type(error).__name__}: {error}") from error
        raise


def _check_tag(task: Task, label: str) -> None:
    if task.pipeline_tag in PIPELINE_TAGS:
        return
    from difflib import get_close_matches  # for a mistake alone

    near = get_close_matches(task.pipeline_tag, PIPELINE_TAGS, 1)
    meant = f"; did you mean {near[0]!r}?" if near else ";"
    raise BadTask(
        f"{label}: no engine serves pipeline_tag={task.pipeline_tag!r}{meant} "
        f"known: {', '.join(sorted(PIPELINE_TAGS))}"
    )
