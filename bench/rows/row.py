"""What a row of the benchmark is: a repository, a task, and what is asked of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from inference.settings import MEMORY_PER_VCPU_MB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Workload:
    """One question, the same for every side."""

    label: str
    """What the table calls it, such as ``128 tokens``."""
    make_inputs: Callable[[], Any]
    """Gives ``inputs`` of the request as JSON has it."""
    calls: int = 20
    """Warm calls in one block of one side."""
    output_tokens: int | None = None
    """Tokens that a generation is held to, by the repository's ``generation_config.json``."""


@dataclass(frozen=True)
class Row:
    """A model that is measured; ``kind`` names the modules in ``bench/peers`` and ``bench/floors``."""

    name: str
    task: str
    """The function, as in ``inference/tasks``."""
    kind: str
    weights: Literal["random", "real"]
    make: Callable[[Path], None]
    """Writes the repository into an empty folder."""
    make_tiny: Callable[[Path], None]
    """The same in miniature, with random weights: what the tests run."""
    workloads: tuple[Workload, ...]
    """The first one is what cold starts answer and what the table shows."""
    batch: Workload | None = None
    """16 inputs in one request, where that is how the task is used."""
    needs: str | None = None
    """Package that carries the real weights."""
    memory_mb: int = 2 * MEMORY_PER_VCPU_MB
    """Of the function: two vCPUs, as the machine of the published figures has."""
    variables: dict[str, str] = field(default_factory=dict)
    """Environment of every side: caps on instruction sets."""

    @property
    def repository(self) -> str:
        return f"bench/{self.name}"

    @property
    def threads(self) -> int:
        """As many as the function itself takes here."""
        return min(round(self.memory_mb / MEMORY_PER_VCPU_MB), os.cpu_count() or 1)

    @property
    def precision(self) -> str:
        """Random weights have no margins, so a proof on them says nothing: their form is forced."""
        return "int8" if self.weights == "random" else "auto"
