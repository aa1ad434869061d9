"""What a function's models are prepared for: read from its task and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.model_files import Purpose
from inference.request import read_body

if TYPE_CHECKING:
    from inference.settings import Settings
    from inference.task import Task


def purpose(task: Task, settings: Settings) -> Purpose:
    """What this function's models are prepared for; the proof runs the task's own examples too."""
    bodies = [read_body(dict(example.body), task) for example in task.examples]
    return Purpose(
        pipeline_tag=task.pipeline_tag,
        examples=tuple(item for body in bodies for item in task.prepare(body.inputs, body.parameters).inputs),
        precision=settings.precision,
        threads=settings.threads,
        memory_mb=settings.memory_mb,
        task=task.name,
    )
