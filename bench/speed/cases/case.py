"""A case of the benchmark: a repository, a task, and workloads."""

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
    """One request, the same for every contender."""

    label: str
    """Its name in the table, such as ``128 tokens``."""
    make_inputs: Callable[[], Any]
    """Returns the request's ``inputs`` as JSON values."""
    calls: int = 20
    """Warm calls in one block of one contender."""
    output_tokens: int | None = None
    """Exact length of a generation, set by the repository's ``generation_config.json``."""


@dataclass(frozen=True)
class Case:
    """A model to measure. ``kind`` names its modules in ``peers`` and ``baselines``."""

    name: str
    task: str
    """The function, as in ``inference/tasks``."""
    kind: str
    weights: Literal["random", "real"]
    make: Callable[[Path], None]
    """Writes the repository into an empty folder."""
    make_tiny: Callable[[Path], None]
    """Writes a tiny repository of the same architecture, with random weights, for tests."""
    workloads: tuple[Workload, ...]
    """Cold starts answer the first one, and the table shows it."""
    batch: Workload | None = None
    """16 inputs in one request, for tasks that are used like that."""
    package: str | None = None
    """Python package that carries the real weights."""
    memory_mb: int = 2 * MEMORY_PER_VCPU_MB
    """Memory of the function: two vCPUs, like the machine of the published figures."""
    variables: dict[str, str] = field(default_factory=dict)
    """Environment variables of every contender: limits on instruction sets."""

    @property
    def repository(self) -> str:
        return f"bench/{self.name}"

    @property
    def threads(self) -> int:
        """Threads of each contender: as many as the function uses on this machine."""
        return min(round(self.memory_mb / MEMORY_PER_VCPU_MB), os.cpu_count() or 1)

    @property
    def precision(self) -> str:
        """``int8`` for random weights, whose scores are too close together for a proof; not of pictures."""
        return "int8" if self.weights == "random" and self.kind != "picture" else "auto"
