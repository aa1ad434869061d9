"""What a task is: a frozen declaration that synth, serving, the local cloud and the tests all read."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import fields
from inference.errors import InvalidField
from inference.settings import LAMBDA_MEMORY_MB, LAMBDA_TIMEOUT_S
from inference.task_kinds import TaskKind, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVE, FULL = "serve", "full"
IMAGES = (SERVE, FULL)
"""Targets of ``docker/Dockerfile``: one without torch for models that are ready, and one that does all."""
PARTIAL = fields.Flag(
    "partial",
    "Whether a list that the time does not suffice for is answered in part: null stands for each input that "
    "is not done. Without it, such a list is an error.",
)
"""A parameter of every task that takes lists."""


@dataclass(frozen=True)
class Model:
    """A model repository on the Hub, at a pinned commit where one is known."""

    id: str
    revision: str = "main"
    """40-hex commit, or a branch or short commit that is resolved once, at the first download, and kept."""
    pickle_weights: bool = False
    """Whether ``pytorch_model.bin`` may be taken where the repository has no safetensors. It is read with
    torch's ``weights_only`` in the conversion child, which has no credentials; serving never sees it."""
    sha256: tuple[tuple[str, str], ...] = ()
    """File name -> SHA-256 that ``models.lock.json`` demands; none: what the Hub lists is what it must be."""

    @property
    def pin(self) -> str:
        """What cannot change under a release: its ``files``, its ``commit``, or ``nothing``.

        Of a model that is not pinned, the Hub's newest commit is taken at the first download, and kept.
        """
        if not self.is_pinned:
            return "nothing"
        return "files" if self.sha256 else "commit"

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
    takes_part: bool = False
    """Whether the caller takes what of the list is done when the time ends."""
    first: int = 0
    """Where in the caller's list the inputs begin, if they are a part of it."""

    def at(self, index: int) -> str:
        """How an error names an input."""
        return f"inputs[{self.first + index}]" if self.is_list else "inputs"


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
    flagged_labels: tuple[str, ...] = ()
    """Labels that an operator wants to have flagged by ``/v1/moderations``; without them it is not served."""
    image: str = SERVE
    """What the function runs where models come to it ready; ``full`` where no fast engine serves them."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", self.name):
            raise ValueError(f"task name {self.name!r} must be lower-case words joined by _")
        if self.takes_lists and PARTIAL not in self.parameters:
            object.__setattr__(self, "parameters", (*self.parameters, PARTIAL))
        if not self.examples:
            raise ValueError(f"task {self.name} needs at least one example")
        self._check_limit("memory_mb", self.memory_mb, LAMBDA_MEMORY_MB)
        self._check_limit("timeout_s", self.timeout_s, LAMBDA_TIMEOUT_S)
        if self.image not in IMAGES:
            raise ValueError(f"task {self.name}: image must be one of {', '.join(IMAGES)}")

    def _check_limit(self, field: str, value: int, limits: tuple[int, int]) -> None:
        low, high = limits
        if not low <= value <= high:
            raise ValueError(f"task {self.name}: {field} must be between {low:,} and {high:,}")

    @property
    def function_name(self) -> str:
        return self.name.replace("_", "-")

    @property
    def kind(self) -> TaskKind:
        """What is known of the pipeline tag."""
        return kind_of(self.pipeline_tag)

    @property
    def takes_lists(self) -> bool:
        """Whether a request may carry several inputs."""
        return isinstance(self.inputs, fields.Items)

    @property
    def most_inputs(self) -> int:
        """Of one request."""
        return self.inputs.max_items if isinstance(self.inputs, fields.Items) else 1

    @property
    def item(self) -> fields.Field:
        """One input, where a caller may send a list of them."""
        return self.inputs.item if isinstance(self.inputs, fields.Items) else self.inputs

    @property
    def media_kind(self) -> str | None:
        """``image`` or ``audio`` where a request's whole body may be the input."""
        return self.item.kind if isinstance(self.item, fields.Media) else None

    @property
    def parts(self) -> tuple[str, ...]:
        """Names that a plain body may carry instead of ``inputs``: ``question`` and ``context``."""
        return tuple(part.name for part in self.item.parts) if isinstance(self.item, fields.Record) else ()

    def with_model(self, model: str | None, revision: str | None, pickle_weights: bool = False) -> Task:
        """The same task with an operator's choice of model; no revision given means ``main``."""
        chosen = self.model if model is None else Model(model)
        allowed = chosen.pickle_weights or pickle_weights
        chosen = replace(chosen, revision=revision or chosen.revision, pickle_weights=allowed)
        return replace(self, model=chosen)

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
        checked = self.inputs.read(inputs, "inputs")
        values = self._flat(fields.read_all(self.parameters, parameters, "parameters"))
        takes_part = bool(values.pop(PARTIAL.name, None))  # nothing for an engine
        return Call(
            inputs=checked if self.takes_lists else [checked],
            parameters=values,
            is_list=self.takes_lists and isinstance(inputs, list),
            takes_part=takes_part,
        )

    def _flat(self, values: dict[str, Any]) -> dict[str, Any]:
        """Grouped parameters beside the others, where the caller did not name them twice."""
        for group in self.parameters:
            if isinstance(group, fields.Group):
                for name, value in (values.pop(group.name) or {}).items():
                    if values.get(name) is None:
                        values[name] = value
        return values

    def present(self, call: Call, results: list[Any]) -> Any:
        """Engine results, one an input, in the shape of the Hub's task specification."""
        if self.kind.shows_one_alone and call.parameters.get("top_k") in (None, 1):
            results = [answers and answers[0] for answers in results]  # null: not done in time
        return results if call.is_list or self.kind.always_lists else results[0]


def packaged(name: str) -> str:
    """A file of ``inference/tasks/examples/`` as base64, for an example's body."""
    return base64.b64encode((Path(__file__).parent / "tasks" / "examples" / name).read_bytes()).decode()
