"""The steps of a removal: paths to remove, and a line for the answer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.cache import last_used
from inference.maintenance.disk import tree_bytes
from inference.maintenance.downloads import paths_to_remove

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from inference.cache.layout import CacheLayout
    from inference.cache.stale_files import Leftover
    from inference.maintenance.inventory import CachedArtifact, Inventory

KEPT_STATE = "lease-*.json"
"""Lease records stay. If their numbers started again, a frozen process could think that it has the lease."""


@dataclass(frozen=True)
class RemovalStep:
    """Paths to remove together. Without a line, the answer does not mention them."""

    paths: list[Path]
    line: dict[str, Any] | None = None


def for_artifact(artifact: CachedArtifact, **extra: str) -> RemovalStep:
    """Remove an artifact and the mark of its last load; ``extra`` is added to the line."""
    line = {
        "model": artifact.model,
        "commit": artifact.commit,
        "artifact": artifact.name,
        "size_bytes": artifact.size_bytes,
    }
    return RemovalStep([artifact.folder, last_used.path(artifact.layout, artifact.folder)], line | extra)


def for_downloads(layout: CacheLayout, model: str, reasons: Mapping[str, str | None]) -> list[RemovalStep]:
    """Remove downloads of one repository; ``reasons`` is by commit."""
    steps = []
    for commit, paths in paths_to_remove(layout.download(model), reasons.keys()).items():
        line = {"model": model, "commit": commit, "download": True, "size_bytes": tree_bytes(*paths)}
        why = reasons[commit]
        steps.append(RemovalStep(paths, line | ({"why": why} if why else {})))
    return steps


def for_leftover(model: str, leftover: Leftover, why: str) -> RemovalStep:
    """Remove files that a killed process left behind."""
    size_bytes = tree_bytes(leftover.path)
    return RemovalStep(
        [leftover.path], {"model": model, "leftover": leftover.kind, "size_bytes": size_bytes, "why": why}
    )


def for_remaining_files(inventory: Inventory, model: str) -> RemovalStep:
    """Remove the rest of a model without artifacts and downloads. Its branches are then resolved again."""
    layout = inventory.layout
    state = [path for path in layout.state(model).glob("*") if not path.match(KEPT_STATE)]
    return RemovalStep([layout.download(model), *(each.path for each in inventory.leftovers(model)), *state])


def remove_empty_folders(layout: CacheLayout, model: str) -> None:
    """Remove empty artifact folders. Hold the model's lease: a preparation may be about to fill them."""
    parent = layout.artifacts(model)
    for folder in (*parent.glob("*"), parent):
        with suppress(OSError):  # a folder that is not empty stays
            folder.rmdir()
