"""The models that an operator chose in place of a task's own, as functions for all tasks are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Task
    from stacks.options.stack import Options


def replaced_models(options: Options, tasks: Sequence[Task]) -> dict[str, dict[str, Any]]:
    """Task -> model, revision and whether pickles are allowed; only where an operator chose."""
    chosen = {task.name: options.overrides[task.name] for task in tasks}
    return {
        name: {"model": each.model, "revision": each.revision, "pickle_weights": bool(each.pickle_weights)}
        for name, each in chosen.items()
        if each.model or each.revision or each.pickle_weights
    }
