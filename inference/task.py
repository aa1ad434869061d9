"""What a task is: a frozen declaration that synth, serving, the local cloud and the tests all read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inference import fields
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Model:
    """A model repository on the Hub, at a pinned commit where one is known."""

    id: str
    revision: str = "main"
    """40-hex commit, or a branch that is resolved once, at the first download, and then kept."""

    @property
    def is_pinned(self) -> bool:
        return re.fullmatch(r"[0-9a-f]{40}", self.revision) is not None


@dataclass(frozen=True)
class Example:
    """A request body that works, shown in ``GET /``, the README, test events and the playground."""

    title: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A checked request: what an engine is asked to do."""

    inputs: list[Any]
    parameters: dict[str, Any]
    is_list: bool
    """Whether the caller sent a list, and so gets one back."""


@dataclass(frozen=True)
class Task:
    """One task = one Lambda function = one file in ``inference/tasks/``."""

    name: str
    """The file's name; the function's name is the same with ``_`` shown as ``-``."""
    pipeline_tag: str
    """The Hub's name for this kind of task; it decides how an engine loads and runs the model."""
    summary: str
    model: Model
    inputs: fields.Field
    examples: tuple[Example, ...]
    parameters: tuple[fields.Field, ...] = ()
    alternatives: tuple[Model, ...] = ()
    """Other models that a request may name; nothing outside this list ever reaches the Hub library."""
    aliases: tuple[str, ...] = ()
    """Other names that a direct invoke may use for ``inputs``, like ``text``."""
    memory_mb: int = 1769
    timeout_s: int = 300

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(f"task name {self.name!r} must be lower-case words joined by _")
        if not self.examples:
            raise ValueError(f"task {self.name} needs at least one example")
        if not 128 <= self.memory_mb <= 10_240:
            raise ValueError(f"task {self.name}: memory_mb must be between 128 and 10,240")
        if not 1 <= self.timeout_s <= 900:
            raise ValueError(f"task {self.name}: timeout_s must be between 1 and 900")

    @property
    def function_name(self) -> str:
        return self.name.replace("_", "-")

    def with_model(self, model: str | None, revision: str | None) -> Task:
        """The same task with an operator's choice of model; no revision given means ``main``."""
        if model is None and revision is None:
            return self
        chosen = self.model if model is None else Model(model)
        return replace(self, model=replace(chosen, revision=revision) if revision else chosen)

    def choose_model(self, name: Any) -> Model:
        """The model that a request asks for: the default, or one on the list of alternatives."""
        allowed = {model.id: model for model in (self.model, *self.alternatives)}
        if name is None:
            return self.model
        if not isinstance(name, str) or name not in allowed:
            raise InvalidField("model", f"must be one of {', '.join(allowed)}")
        return allowed[name]

    def prepare(self, inputs: Any, parameters: Any) -> Call:
        """Check a caller's inputs and parameters against the declared fields."""
        return Call(
            inputs=self.inputs.read(inputs, "inputs"),
            parameters=fields.read_all(self.parameters, parameters, "parameters"),
            is_list=isinstance(inputs, list),
        )

    def present(self, call: Call, results: list[Any]) -> Any:
        """Engine results, one an input, in the shape of the Hub's task specification."""
        return results
