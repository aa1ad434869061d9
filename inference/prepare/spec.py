"""What a function's artifacts are made for: read from its task and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.task_body import read_body
from inference.task_kinds import head_of

if TYPE_CHECKING:
    from inference.cache.artifact import Manifest
    from inference.settings import Settings
    from inference.task import Model, Task


@dataclass(frozen=True)
class ArtifactSpec:
    """What is asked of an artifact, whichever model it is of."""

    pipeline_tag: str
    examples: tuple[Any, ...]
    """Inputs that the proof runs besides the built-in texts."""
    precision: str
    threads: int
    memory_mb: int
    task: str = "<task>"
    memory_option: str = "<task>.memory"
    """The context key that gives a preparation more memory."""

    def accepts(self, manifest: Manifest) -> bool:
        """Whether a ready artifact is what this function would have made."""
        return manifest.head == head_of(self.pipeline_tag) and manifest.asked == self.precision

    def key(self, model: Model) -> str:
        """What a failure is a failure of: change any part of it, and another try is worth it."""
        asked = (self.pipeline_tag, self.precision, self.threads, self.memory_mb)
        return " ".join(str(each) for each in (model.revision, model.pickle_weights, *asked))


def artifact_spec(task: Task, settings: Settings) -> ArtifactSpec:
    """What this function's artifacts are made for; the proof runs the task's own examples too."""
    return ArtifactSpec(
        pipeline_tag=task.pipeline_tag,
        examples=examples_of(task),
        precision=settings.precision,
        threads=settings.threads,
        memory_mb=settings.memory_mb,
        task=task.name,
        memory_option=f"{task.name}.memory",
    )


def examples_of(task: Task) -> tuple[Any, ...]:
    """The checked inputs of the task's examples."""
    bodies = [read_body(dict(example.body), task) for example in task.examples]
    return tuple(item for body in bodies for item in task.prepare(body.inputs, body.parameters).inputs)
