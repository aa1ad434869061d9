"""What a function's artifacts are made for: read from its task and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.task_body import read_body
from inference.task_kinds import PIPELINE_TAGS, head_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inference.cache.artifact import Manifest
    from inference.settings import Settings
    from inference.task import Call, Model, Task


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
    trial: Mapping[str, Any] | None = None
    """Parameters under which a new artifact answers the first example; ``None``: it is not tried."""

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
        trial=trial_of(task),
    )


def examples_of(task: Task) -> tuple[Any, ...]:
    """The checked inputs of the task's examples."""
    return tuple(item for call in _calls(task) for item in call.inputs)


def trial_of(task: Task) -> dict[str, Any] | None:
    """The checked parameters of the first example; ``None`` for a tag that no engine answers."""
    return next(_calls(task)).parameters if task.pipeline_tag in PIPELINE_TAGS else None


def _calls(task: Task) -> Iterator[Call]:
    for example in task.examples:
        body = read_body(dict(example.body), task)
        yield task.prepare(body.inputs, body.parameters)
