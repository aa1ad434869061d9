"""huggingface_hub's cache of one model: snapshots of links to blobs, whose names are the Hub's own hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.leftovers import changed_s
from inference.maintenance.disk import tree_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

COMMIT = r"[0-9a-f]{40}"
HASH = r"[0-9a-f]{40}|[0-9a-f]{64}"
"""A git blob id for small files, SHA-256 for large ones."""


@dataclass(frozen=True)
class Download:
    """One commit of a repository, as far as it was needed."""

    folder: Path

    @property
    def commit(self) -> str:
        return self.folder.name

    @property
    def blobs(self) -> set[Path]:
        """The files behind its links."""
        blobs = self.folder.parents[1] / "blobs"
        return {blobs / path.readlink().name for path in self.folder.rglob("*") if path.is_symlink()}

    @property
    def is_complete(self) -> bool:
        """Whether each link leads to a file; the library makes a link when its file is there."""
        return all(blob.is_file() for blob in self.blobs)

    @property
    def size_bytes(self) -> int:
        return tree_bytes(self.folder, *self.blobs)

    @property
    def changed_s(self) -> float:
        return changed_s(self.folder)


def downloads(repository: Path) -> list[Download]:
    """All commits that are there, sorted."""
    snapshots = sorted((repository / "snapshots").glob("*"))
    return [Download(path) for path in snapshots if re.fullmatch(COMMIT, path.name) and not path.is_symlink()]


def gone_with(repository: Path, commits: Collection[str]) -> dict[str, list[Path]]:
    """By commit, the paths that go when all of these go: links, blobs of no other commit, and its names."""
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
    """Files that say which commit a branch was."""
    refs = [path for path in (repository / "refs").rglob("*") if path.is_file()]
    return [path for path in refs if path.read_text(errors="replace").strip() == commit]


def blobs(repository: Path) -> list[Path]:
    """Finished files whose name says what is in them."""
    return [path for path in sorted((repository / "blobs").glob("*")) if re.fullmatch(HASH, path.name)]


def without(repository: Path, blob: Path) -> Iterator[Path]:
    """A blob and the links that lead to it, so that the library fetches it again."""
    yield blob
    for path in sorted((repository / "snapshots").rglob("*")):
        if path.is_symlink() and path.readlink().name == blob.name:
            yield path
