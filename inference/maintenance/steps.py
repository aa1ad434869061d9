"""What a removal is made of: lines for the answer, each with the paths that go with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference import load_marks
from inference.maintenance.disk import tree_bytes
from inference.maintenance.downloads import gone_with

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from inference.cache_layout import CacheLayout
    from inference.leftovers import Leftover
    from inference.maintenance.inventory import CachedArtifact, Inventory

KEPT = "lease-*.json"
"""Of a model's state: if turns were numbered anew, one that was frozen might take itself for the newest."""


@dataclass(frozen=True)
class Step:
    """One thing that leaves the cache; a step without a line is not worth telling."""

    paths: list[Path]
    line: dict[str, Any] | None = None


def artifact(gone: CachedArtifact, **more: str) -> Step:
    """An artifact, and the mark of its last load."""
    line = {"model": gone.model, "commit": gone.commit, "artifact": gone.name, "size_bytes": gone.size_bytes}
    return Step([gone.folder, load_marks.path(gone.layout, gone.folder)], line | more)


def downloads(layout: CacheLayout, model: str, reasons: Mapping[str, str | None]) -> list[Step]:
    """Commits of one repository, by commit with the reason."""
    steps = []
    for commit, paths in gone_with(layout.download(model), reasons.keys()).items():
        line = {"model": model, "commit": commit, "download": True, "size_bytes": tree_bytes(*paths)}
        why = reasons[commit]
        steps.append(Step(paths, line | ({"why": why} if why else {})))
    return steps


def leftover(model: str, gone: Leftover, why: str) -> Step:
    """What nobody will finish."""
    size_bytes = tree_bytes(gone.path)
    return Step([gone.path], {"model": model, "leftover": gone.kind, "size_bytes": size_bytes, "why": why})


def rest(inventory: Inventory, model: str) -> Step:
    """What remains of a model without artifacts and downloads: after this, a branch is resolved anew."""
    layout = inventory.layout
    state = [path for path in layout.state(model).glob("*") if not path.match(KEPT)]
    return Step([layout.download(model), *(each.path for each in inventory.leftovers(model)), *state])


def tidy(layout: CacheLayout, model: str) -> None:
    """Folders that held artifacts; only while nobody prepares the model, who would be about to fill them."""
    parent = layout.artifacts(model)
    for folder in (*parent.glob("*"), parent):
        with suppress(OSError):  # one that is not empty stays
            folder.rmdir()
