"""What the parent asks of its two children: a dataclass each, written down a pipe and read as itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class DownloadJob:
    """What to fetch and where to put it; paths are the cache's own."""

    hub_url: str
    model: str
    revision: str
    hub_cache: str
    pickle_weights: bool
    """Whether ``pytorch_model.bin`` will do where there are no safetensors."""
    own_graph: bool
    """Whether a graph of the repository's own is of use."""
    converted_types: list[str]
    """Architectures that will be converted, by ``config.json``'s ``model_type``."""
    memory_mb: int
    """That the conversion will have."""
    memory_option: str
    """The context key that gives it more."""
    pickle_option: str = "<task>.pickle_weights=true"
    """The context key, and its value, that allows pickle weights."""
    sha256: Mapping[str, str] = field(default_factory=dict)
    """File name -> hash that it must have, whatever the Hub says; empty: nothing is demanded."""
    readable: tuple[str, ...] = ()
    """Files and folders to read besides: an operator's own certificates."""
    token: str | None = field(default=None, repr=False)
    """For a model that the Hub does not give to everybody."""


@dataclass(frozen=True)
class ConvertJob:
    """What to convert, for what, and where to; paths are the cache's own."""

    snapshot: str
    artifacts: str
    model: str
    commit: str
    pipeline_tag: str
    examples: list[Any]
    """Inputs that the proof runs besides the built-in ones; bytes for pictures and recordings."""
    trial: Mapping[str, Any] | None
    """Parameters under which the first example must be answered; ``None``: nothing is tried."""
    precision: str
    threads: int
    memory_mb: int
    """The most private memory that the conversion may take."""
    memory_option: str
    """The context key that gives it more."""
    lease: str
    """The folder of the lease that this work is done under."""
    lease_token: int
