"""A folder as a Hub repository, with ids computed as in git, so that the official client accepts them."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LFS_BYTES = 1_000_000
LFS_SUFFIXES = frozenset(
    [".bin", ".ckpt", ".data", ".gguf", ".h5", ".model", ".msgpack", ".npy", ".npz"]
    + [".onnx", ".onnx_data", ".ot", ".pt", ".pth", ".safetensors", ".spm"]
)
NAME = re.compile(r"\w[\w.-]{0,95}", re.ASCII)


@dataclass(frozen=True)
class RepositoryFile:
    """One file of a commit; ``file`` is its real path, with all links resolved."""

    path: str
    file: Path
    size: int
    modified: float
    digest: str
    is_lfs: bool

    @property
    def pointer(self) -> bytes:
        """The LFS pointer, which git stores in place of a large file."""
        oid = f"oid sha256:{self.digest}\nsize {self.size}\n"
        return f"version https://git-lfs.github.com/spec/v1\n{oid}".encode()

    @property
    def oid(self) -> str:
        """The git blob id; for a large file it is the id of its pointer, as on the real Hub."""
        return _git_blob(len(self.pointer), self.pointer).hexdigest() if self.is_lfs else self.digest


@dataclass(frozen=True)
class Snapshot:
    """A repository at its only commit. A requested path is only looked up in ``entries``."""

    repo_id: str
    commit: str
    entries: Mapping[str, RepositoryFile]

    def under(self, folder: str) -> list[RepositoryFile]:
        """The files in a folder, sorted; the root is the empty string."""
        prefix = f"{folder}/" if folder else ""
        return [entry for path, entry in self.entries.items() if path.startswith(prefix)]


class Digests:
    """A cache of content hashes: weights are large and requested often."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, bool], tuple[tuple[int, ...], str]] = {}
        self._lock = threading.Lock()

    def of(self, file: Path, status: os.stat_result, is_lfs: bool) -> str:
        """The hash of a file. New files are read one at a time, so that none is read twice."""
        version = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        known = self._known.get((file, is_lfs))
        if known and known[0] == version:
            return known[1]
        with self._lock:
            known = self._known.get((file, is_lfs))
            if not known or known[0] != version:
                known = self._known[file, is_lfs] = (version, hash_file(file, status.st_size, is_lfs))
        return known[1]


class Repositories:
    """All repositories in the root folders, as ``owner/name``; of two with one name, the first wins."""

    def __init__(self, roots: Path | Iterable[Path]) -> None:
        self._roots = [Path(root) for root in ([roots] if isinstance(roots, str | Path) else roots)]
        self._digests = Digests()

    def find(self, owner: str, name: str) -> Snapshot | None:
        """The repository as it is on disk now: a changed file is a new commit at the next request."""
        for root in self._roots:
            folder = root / owner / name
            if is_repo_name(owner) and is_repo_name(name) and folder.is_dir():
                return self._snapshot(f"{owner}/{name}", folder)
        return None

    def _snapshot(self, repo_id: str, folder: Path) -> Snapshot:
        entries = sorted(self._entries(Path(os.path.realpath(folder))), key=lambda entry: entry.path)
        return Snapshot(repo_id, hash_tree(entries), {entry.path: entry for entry in entries})

    def _entries(self, home: Path) -> Iterator[RepositoryFile]:
        for path, file, status in list_files(home):
            is_lfs = Path(path).suffix in LFS_SUFFIXES or status.st_size > LFS_BYTES
            try:
                digest = self._digests.of(file, status, is_lfs)
            except OSError:  # removed or made unreadable after it was listed: not part of this commit
                continue
            yield RepositoryFile(path, file, status.st_size, status.st_mtime, digest, is_lfs)


def is_repo_name(name: str) -> bool:
    """Whether the Hub allows this name. Names do not start with a dot, so they cannot leave the root."""
    return NAME.fullmatch(name) is not None


def list_files(home: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """All public files: regular, not hidden, and inside the folder after links are resolved."""
    for place, folders, names in os.walk(home):
        folders[:] = [name for name in folders if _is_shown(name)]
        for name in filter(_is_shown, names):
            file = Path(os.path.realpath(os.path.join(place, name)))
            if file.is_relative_to(home) and all(map(_is_shown, file.relative_to(home).parts)):
                status = _status(file)
                if status and stat.S_ISREG(status.st_mode):
                    yield Path(place, name).relative_to(home).as_posix(), file, status


def _is_shown(name: str) -> bool:
    """Whether a name is not hidden, and has no control characters or undecodable bytes."""
    return not name.startswith(".") and name.isprintable()


def _status(file: Path) -> os.stat_result | None:
    try:
        return os.lstat(file)  # links were resolved before, so a link here is a new one
    except OSError:
        return None


def hash_tree(entries: Iterable[RepositoryFile]) -> str:
    """The commit id: the same names and contents give the same id on every machine."""
    lines = "".join(f"{entry.path}\0{entry.digest}\n" for entry in entries)
    return hashlib.sha1(lines.encode(), usedforsecurity=False).hexdigest()


def hash_file(file: Path, size: int, is_lfs: bool) -> str:
    """SHA-256 for LFS files, a git blob id for others."""
    hasher = hashlib.sha256() if is_lfs else _git_blob(size)
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hasher).hexdigest()


def _git_blob(size: int, content: bytes = b"") -> Any:  # hashlib gives its hashers no public type
    return hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False)
