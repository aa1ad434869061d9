"""What the function is told from outside: where the cache is, and which functions use it for what."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import model_lock
from inference.settings import DEFAULT_HUB, SettingsError
from inference.tasks import UnknownTask, get_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.task import Model, Task


@dataclass(frozen=True)
class MaintenanceSettings:
    """The cache, and the tasks of the deployed functions, each with the model that it answers with."""

    cache: Path
    tasks: tuple[Task, ...] = ()
    function_prefix: str = ""
    """What stands before a task's name in its function's."""
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> MaintenanceSettings:
        """Read and check the variables that the stack sets."""
        chosen = _models(environ.get("MODELS") or "{}")
        hub_url = environ.get("HF_ENDPOINT") or DEFAULT_HUB
        names = [name for name in environ.get("TASKS", "").split(",") if name]
        try:
            tasks = tuple(
                model_lock.pinned(get_task(name).with_model(*chosen.get(name, (None, None))), hub_url)
                for name in names
            )
        except UnknownTask as error:
            raise SettingsError(f"TASKS: {error}") from None
        return cls(
            cache=Path(environ.get("MODEL_CACHE") or "/mnt/models"),
            tasks=tasks,
            function_prefix=environ.get("FUNCTION_PREFIX", ""),
            log_level=environ.get("LOG_LEVEL") or "INFO",
        )

    def defaults(self, model_id: str) -> list[Task]:
        """The functions that answer with this model when nobody asks for another."""
        return [task for task in self.tasks if task.model.id == model_id]

    def known(self, model_id: str) -> list[Model]:
        """This model as functions know it, alternatives included: one for each revision."""
        allowed = {model for task in self.tasks for model in (task.model, *task.alternatives)}
        return [model for model in allowed if model.id == model_id]


def _models(text: str) -> dict[str, tuple[str | None, str | None]]:
    try:
        chosen: dict[str, dict[str, Any]] = json.loads(text)
        return {task: (each.get("model"), each.get("revision")) for task, each in chosen.items()}
    except (ValueError, AttributeError):
        raise SettingsError('MODELS must be JSON like {"sentiment": {"model": "owner/model"}}') from None
