"""The contents of the cache, read from disk. Input of a caller never becomes a path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from inference.cache import last_used
from inference.cache.artifact import VERSION, Artifact, DamagedArtifact, Manifest
from inference.cache.layout import COMMIT, SLUG, model_id
from inference.cache.lease import Lease
from inference.cache.stale_files import Leftover, leftovers
from inference.maintenance.disk import tree_bytes
from inference.maintenance.downloads import Download, downloads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.cache.layout import CacheLayout

ARTIFACT = r"[a-z][A-Za-z0-9_.-]*-v(\d+)"


@dataclass(frozen=True)
class CachedArtifact:
    """One published artifact, of this release or another one."""

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
        """Version of its format, from its name; other versions than ours cannot be checked."""
        return int(self.name.rpartition("-v")[2])

    @cached_property
    def manifest(self) -> Manifest | None:
        try:
            return Manifest.read(self.folder) if self.version == VERSION else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    @property
    def state(self) -> str:
        """``complete``, ``damaged``, or ``other version``. Only sizes are compared; verify checks hashes."""
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
        """Seconds since 1970, from the manifest, else the time of the folder's last change."""
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
        """Seconds since 1970 of the last load, ``None`` if unknown."""
        return last_used.seen_s(self.layout, self.folder)


class Inventory:
    """The contents of the cache. Links are not followed, and files with unknown names are ignored."""

    def __init__(self, layout: CacheLayout) -> None:
        self.layout = layout

    def models(self) -> list[str]:
        """Ids of all models with files on the cache, sorted."""
        artifacts = _folders(self.layout.root / "artifacts", SLUG)
        downloads = _folders(self.layout.hub, rf"models--{SLUG}")
        states = _folders(self.layout.root / "state", SLUG)
        slugs = {path.name.removeprefix("models--") for path in (*artifacts, *downloads, *states)}
        return sorted(model_id(slug) for slug in slugs)

    def artifacts(self, model: str) -> list[CachedArtifact]:
        """The model's artifacts, sorted by commit and name."""
        return [
            CachedArtifact(self.layout, folder)
            for commit in _folders(self.layout.artifacts(model), COMMIT)
            for folder in _folders(commit, ARTIFACT)
        ]

    def downloads(self, model: str) -> list[Download]:
        return downloads(self.layout.download(model))

    def leftovers(self, model: str) -> list[Leftover]:
        """Files of this model that a killed process left behind."""
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
