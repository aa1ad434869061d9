"""What functions for all tasks are told: which tasks there are, and the models that replaced a task's own.

Both are asked for when the template is written, so a construct may add a function after them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsii
from aws_cdk import IStableStringProducer, Lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inference.task import Task
    from stacks.options.stack import Options


@jsii.implements(IStableStringProducer)
class _Producer:
    """A text that is known when the template is written."""

    def __init__(self, make: Callable[[], str | None]) -> None:
        self._make = make

    def produce(self) -> str | None:
        return self._make()


def make_task_variables(options: Options, tasks: Sequence[Task]) -> dict[str, str]:
    """``TASKS``, and ``MODELS`` where one was replaced."""

    def models() -> str | None:
        replaced = replaced_models(options, tasks)
        return json.dumps(replaced) if replaced else None

    return {
        "TASKS": Lazy.string(_Producer(lambda: ",".join(task.name for task in tasks))),
        "MODELS": Lazy.string(_Producer(models)),
    }


def replaced_models(options: Options, tasks: Sequence[Task]) -> dict[str, dict[str, Any]]:
    """Task -> model, revision and whether pickles are allowed; only where an operator chose."""
    chosen = {task.name: options.overrides[task.name] for task in tasks}
    return {
        name: {"model": each.model, "revision": each.revision, "pickle_weights": bool(each.pickle_weights)}
        for name, each in chosen.items()
        if each.model or each.revision or each.pickle_weights
    }
