"""huggingface_hub's cache of one model: snapshots of links to blobs, which are named by their hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.cache.layout import COMMIT
from inference.cache.stale_files import changed_s
from inference.maintenance.disk import tree_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

HASH = r"[0-9a-f]{40}|[0-9a-f]{64}"
"""A git blob id for small files, SHA-256 for large ones."""


@dataclass(frozen=True)
class Download:
    """The downloaded files of one commit."""

    folder: Path

    @property
    def commit(self) -> str:
        return self.folder.name

    @property
    def blobs(self) -> set[Path]:
        """The files that its links point to."""
        blobs = self.folder.parents[1] / "blobs"
        return {blobs / path.readlink().name for path in self.folder.rglob("*") if path.is_symlink()}

    @property
    def is_complete(self) -> bool:
        """Whether every link points to a file. The library makes a link after its file."""
        return all(blob.is_file() for blob in self.blobs)

    @property
    def size_bytes(self) -> int:
        return tree_bytes(self.folder, *self.blobs)

    @property
    def changed_s(self) -> float:
        return changed_s(self.folder)


def downloads(repository: Path) -> list[Download]:
    """All downloaded commits, sorted."""
    snapshots = sorted((repository / "snapshots").glob("*"))
    return [Download(path) for path in snapshots if re.fullmatch(COMMIT, path.name) and not path.is_symlink()]


def paths_to_remove(repository: Path, commits: Collection[str]) -> dict[str, list[Path]]:
    """By commit, the paths to remove with all of ``commits``: links, refs, and blobs that no other needs."""
    snapshots = downloads(repository)
    kept = {blob for each in snapshots if each.commit not in commits for blob in each.blobs}
    found: dict[str, list[Path]] = {}
    for each in snapshots:
        if each.commit in commits:
            own = sorted(each.blobs - kept)
            kept |= each.blobs
            found[each.commit] = [each.folder, *own, *_names(repository, each.commit)]
    return found


def _names(repository: Path, commit: str) -> list[Path]:
    """Ref files of branches at this commit."""
    refs = [path for path in (repository / "refs").rglob("*") if path.is_file()]
    return [path for path in refs if path.read_text(errors="replace").strip() == commit]


def blobs(repository: Path) -> list[Path]:
    """Complete blobs, whose names are hashes of their content."""
    return [path for path in sorted((repository / "blobs").glob("*")) if re.fullmatch(HASH, path.name)]


def find_blob_and_links(repository: Path, blob: Path) -> Iterator[Path]:
    """A blob and its links; once they are gone, the library downloads it again."""
    yield blob
    for path in sorted((repository / "snapshots").rglob("*")):
        if path.is_symlink() and path.readlink().name == blob.name:
            yield path
