"""What an operator chose for one task with ``-c <task>.<key>=...``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stacks.context import matching, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.task import Task

MODEL_ID = r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?"
REVISION = r"[A-Za-z0-9][\w.-]*"
MOST_CONCURRENT = 100_000
"""Far above any account's quota; it only stops numbers that were typed wrong."""


@dataclass(frozen=True)
class TaskOptions:
    """One task's choices; ``None`` keeps what the task declares."""

    model: str | None = None
    revision: str | None = None
    memory: int | None = None
    timeout: int | None = None
    storage: int | None = None
    """MB of ``/tmp``, which libraries use while they prepare a model; ``None`` keeps Lambda's 512."""
    reserved_concurrency: int | None = None
    provisioned_concurrency: int | None = None
    """Environments that are kept ready, and paid for, whether or not anybody calls."""

    @classmethod
    def from_context(cls, context: Mapping[str, Any], task: str) -> TaskOptions:
        """Read one task's keys, with Lambda's own limits."""
        reserved = whole_number(context, f"{task}.reserved_concurrency", 0, MOST_CONCURRENT)
        return cls(
            model=matching(context, f"{task}.model", MODEL_ID, "owner/model"),
            revision=matching(context, f"{task}.revision", REVISION, "a commit, tag or branch"),
            memory=whole_number(context, f"{task}.memory", 128, 10_240),
            timeout=whole_number(context, f"{task}.timeout", 1, 900),
            storage=whole_number(context, f"{task}.storage", 512, 10_240),
            reserved_concurrency=reserved,
            provisioned_concurrency=whole_number(
                context,
                f"{task}.provisioned_concurrency",
                1,
                MOST_CONCURRENT if reserved is None else reserved,
            ),
        )

    def applied_to(self, task: Task) -> Task:
        """The task as it will be deployed."""
        return replace(
            task.with_model(self.model, self.revision),
            memory_mb=self.memory or task.memory_mb,
            timeout_s=self.timeout or task.timeout_s,
        )
