"""What lies on the cache, as it is found there; nothing that a caller says becomes a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from inference import load_marks
from inference.artifact import VERSION, Artifact, DamagedArtifact, Manifest
from inference.cache_layout import model_id
from inference.lease import Lease
from inference.leftovers import Leftover, leftovers
from inference.maintenance.disk import tree_bytes
from inference.maintenance.downloads import Download, downloads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.cache_layout import CacheLayout

SLUG = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
COMMIT = r"[0-9a-f]{40}"
ARTIFACT = r"[a-z][A-Za-z0-9_.-]*-v(\d+)"


@dataclass(frozen=True)
class CachedArtifact:
    """One published folder, of whichever release."""

    layout: CacheLayout
    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def commit(self) -> str:
        return self.folder.parent.name

    @property
    def model(self) -> str:
        return model_id(self.folder.parent.parent.name)

    @cached_property
    def version(self) -> int:
        """Of its form, as its name says; another one than ours cannot be judged here."""
        return int(self.name.rpartition("-v")[2])

    @cached_property
    def manifest(self) -> Manifest | None:
        try:
            return Manifest.read(self.folder) if self.version == VERSION else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    @property
    def state(self) -> str:
        """``complete``, ``damaged``, or ``other version``; sizes only, for hashes are for verify."""
        if self.version != VERSION:
            return "other version"
        try:
            Artifact.open(self.folder)
        except (DamagedArtifact, OSError):
            return "damaged"
        return "complete"

    @cached_property
    def size_bytes(self) -> int:
        return tree_bytes(self.folder)

    @cached_property
    def made_s(self) -> float:
        """Seconds since 1970: what the manifest says, or when the folder was changed."""
        try:
            return datetime.fromisoformat(self.manifest.created if self.manifest else "").timestamp()
        except (ValueError, TypeError):
            return self._changed_s

    @property
    def _changed_s(self) -> float:
        try:
            return self.folder.stat().st_mtime
        except OSError:
            return 0.0

    @property
    def loaded_s(self) -> float | None:
        """Seconds since 1970; ``None``: nobody said so."""
        return load_marks.seen_s(self.layout, self.folder)


class Inventory:
    """One look at the cache; links are not followed, and what has a stranger's name is left alone."""

    def __init__(self, layout: CacheLayout) -> None:
        self.layout = layout

    def models(self) -> list[str]:
        """Ids of all models of which there is anything, sorted."""
        artifacts = _folders(self.layout.root / "artifacts", SLUG)
        downloads = _folders(self.layout.hub, rf"models--{SLUG}")
        states = _folders(self.layout.root / "state", SLUG)
        slugs = {path.name.removeprefix("models--") for path in (*artifacts, *downloads, *states)}
        return sorted(model_id(slug) for slug in slugs)

    def artifacts(self, model: str) -> list[CachedArtifact]:
        """Sorted by commit and name."""
        return [
            CachedArtifact(self.layout, folder)
            for commit in _folders(self.layout.artifacts(model), COMMIT)
            for folder in _folders(commit, ARTIFACT)
        ]

    def downloads(self, model: str) -> list[Download]:
        return downloads(self.layout.download(model))

    def leftovers(self, model: str) -> list[Leftover]:
        """What a process that ended half-way left of this model."""
        return leftovers(self.layout, model)

    def is_preparing(self, model: str) -> bool:
        lease = Lease(self.layout.state(model))
        return lease.is_live(lease.latest())


def _folders(parent: Path, pattern: str) -> Iterator[Path]:
    try:
        paths = sorted(parent.iterdir())
    except OSError:
        return
    for path in paths:
        if re.fullmatch(pattern, path.name) and path.is_dir() and not path.is_symlink():
            yield path
