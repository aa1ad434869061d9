"""Find model weights in installed packages, without running their code."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def is_installed(package: str) -> bool:
    """Whether the package is installed; its own requirements may be missing."""
    return find_spec(package) is not None


def folder_of(package: str) -> Path:
    """The package's folder; ``LookupError`` if it is not installed."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0])
