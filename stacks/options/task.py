"""What an operator chose for one task with ``-c <task>.<key>=...``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stacks.options.keys import TASK_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.task import Task


@dataclass(frozen=True)
class TaskOptions:
    """One task's choices; ``None`` keeps what the task declares."""

    model: str | None = None
    revision: str | None = None
    pickle_weights: bool = False
    """Whether the model may be one that has pickle weights only."""
    memory: int | None = None
    """MB."""
    timeout: int | None = None
    """Seconds."""
    image: str | None = None
    """One of ``docker/Dockerfile``'s targets, with ``egress=relay``."""
    storage: int | None = None
    """MB of ``/tmp``, which libraries use while they prepare a model; ``None`` keeps Lambda's 512."""
    reserved_concurrency: int | None = None
    provisioned_concurrency: int | None = None
    """Environments that are kept ready, and paid for, whether or not anybody calls."""

    flagged_labels: tuple[str, ...] = ()
    """Of the model, for ``/v1/moderations``."""

    @classmethod
    def from_context(cls, context: Mapping[str, Any], task: str) -> TaskOptions:
        """Read one task's keys."""
        values: dict[str, Any] = {key.name: key.of_task(task).read(context) for key in TASK_KEYS}
        return cls(**values)

    def applied_to(self, task: Task) -> Task:
        """The task as it will be deployed."""
        return replace(
            task.with_model(self.model, self.revision, self.pickle_weights),
            memory_mb=self.memory or task.memory_mb,
            timeout_s=self.timeout or task.timeout_s,
            image=self.image or task.image,
        )
