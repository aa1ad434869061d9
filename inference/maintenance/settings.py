"""Settings of the ``cache`` function: the cache, and the functions that use it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.hub import lock as model_lock
from inference.settings import DEFAULT_CACHE, DEFAULT_HUB, PRECISIONS, SettingsError
from inference.tasks import UnknownTask, get_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.task import Model, Task


@dataclass(frozen=True)
class MaintenanceSettings:
    """The cache folder, and the tasks of the deployed functions with their models."""

    cache: Path
    tasks: tuple[Task, ...] = ()
    function_prefix: str = ""
    """The part of a function's name before the task's name."""
    log_level: str = "INFO"
    precision: str = PRECISIONS[0]
    """Of all functions."""
    bucket: str | None = None
    """That models come through; ``None``: the functions get them themselves."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> MaintenanceSettings:
        """Read and check the environment variables that the stack sets."""
        chosen = _models(environ.get("MODELS") or "{}")
        hub_url = environ.get("HF_ENDPOINT") or DEFAULT_HUB
        names = [name for name in environ.get("TASKS", "").split(",") if name]
        try:
            tasks = tuple(
                model_lock.pinned(get_task(name).with_model(*chosen.get(name, (None, None, False))), hub_url)
                for name in names
            )
        except UnknownTask as error:
            raise SettingsError(f"TASKS: {error}") from None
        return cls(
            cache=Path(environ.get("MODEL_CACHE") or DEFAULT_CACHE),
            tasks=tasks,
            function_prefix=environ.get("FUNCTION_PREFIX", ""),
            log_level=environ.get("LOG_LEVEL") or "INFO",
            precision=environ.get("PRECISION") or PRECISIONS[0],
            bucket=environ.get("BUCKET") or None,
        )

    def tasks_with_default(self, model_id: str) -> list[Task]:
        """The tasks that use this model by default."""
        return [task for task in self.tasks if task.model.id == model_id]

    def known_revisions(self, model_id: str) -> list[Model]:
        """The revisions of this model that functions may use, as a default or an alternative."""
        allowed = {model for task in self.tasks for model in (task.model, *task.alternatives)}
        return [model for model in allowed if model.id == model_id]


def _models(text: str) -> dict[str, tuple[str | None, str | None, bool]]:
    try:
        chosen: dict[str, dict[str, Any]] = json.loads(text)
        return {
            task: (each.get("model"), each.get("revision"), bool(each.get("pickle_weights")))
            for task, each in chosen.items()
        }
    except (ValueError, AttributeError):
        raise SettingsError('MODELS must be JSON like {"sentiment": {"model": "owner/model"}}') from None
