"""What a conversion is given and what it must tell; one recipe module for each engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A downloaded repository and what it will be used for."""

    snapshot: Path
    """Folder of real files, never symlinks: config, tokenizer, safetensors weights; not to be written."""
    config: Mapping[str, Any]
    """The repository's ``config.json``."""
    pipeline_tag: str
    inputs: tuple[Any, ...]
    """What the proof runs: the task's examples and the built-in text set, as an engine gets them."""
    precision: str
    """``auto`` (the fastest variant that passes its proof), ``int8`` or ``fp32`` (forced, still measured)."""
    threads: int
    model: str = ""
    """The repository's name, where it says what its files do not."""


@dataclass(frozen=True)
class Drift:
    """How far an artifact is from fp32 torch; which figures there are depends on the head."""

    figures: dict[str, float]
    """Such as ``label_agreement`` (0 to 1), ``max_score_difference``, ``cosine``, ``perplexity_ratio``."""
    within_budget: bool


@dataclass(frozen=True)
class Variant:
    """One way to store a model's weights; each engine's recipe says how it is made."""

    name: str
    """``int8``, ``int8-rows``, ``int4``, ``fp32``, ...: becomes part of the artifact's folder name."""


@dataclass(frozen=True)
class KeptVariant:
    """The variant that was kept, and what was tried before it."""

    precision: str
    """The variant's name."""
    reason: str
    """One line for the log and ``GET /``: why this variant and not a faster one."""
    drift: Drift
    rejected: tuple[dict[str, Any], ...] = ()
    """Faster variants that missed the budget or the memory: ``{"precision": ..., "figures": {...}}``."""
    tools: dict[str, str] = field(default_factory=dict)
    """Versions of what made it: ``{"torch": "2.13.0", ...}``."""
    lists: str = "serial"
    """``parallel`` where lists were seen to be faster so, with the same answers."""


class Recipe(Protocol):
    """Writes into ``folder`` all that serving needs: weights, tokenizer files, config; as real files."""

    def __call__(self, source: Source, folder: Path, report: Callable[[str], None]) -> KeptVariant: ...


def why_kept(source: Source, name: str, rejected: list[dict[str, Any]]) -> str:
    """The reason that a variant carries: it was forced, or it is the first that kept the budget."""
    if source.precision != "auto":
        return f"precision={source.precision} was asked for"
    if not rejected:
        return f"{name} is the fastest form, and within the budget"
    tried = ", ".join(str(entry["precision"]) for entry in rejected)
    return f"{name} is the fastest form within the budget; over it: {tried}"
