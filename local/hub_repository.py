"""A folder seen as a Hub repository, with the ids that git would give it, so that real clients trust them."""

import hashlib
import os
import re
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LFS_BYTES = 1_000_000
LFS_SUFFIXES = frozenset(
    [".bin", ".ckpt", ".data", ".gguf", ".h5", ".model", ".msgpack", ".npy", ".npz"]
    + [".onnx", ".onnx_data", ".ot", ".pt", ".pth", ".safetensors", ".spm"]
)
_NAME = re.compile(r"\w[\w.-]{0,95}", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One file of a commit. `file` is where its bytes are once every link has been followed."""

    path: str
    file: Path
    size: int
    modified: float
    digest: str
    is_lfs: bool

    @property
    def pointer(self) -> bytes:
        """What git itself stores for a large file."""
        oid = f"oid sha256:{self.digest}\nsize {self.size}\n"
        return f"version https://git-lfs.github.com/spec/v1\n{oid}".encode()

    @property
    def oid(self) -> str:
        """The git blob id, which for a large file is the id of its pointer, as on the real Hub."""
        return _git_blob(len(self.pointer), self.pointer).hexdigest() if self.is_lfs else self.digest


@dataclass(frozen=True)
class Snapshot:
    """A repository at its one commit. `entries` is all that may be served: a path is only ever a key."""

    repo_id: str
    commit: str
    entries: Mapping[str, Entry]

    def under(self, folder: str) -> list[Entry]:
        """The files below a folder, in order; the root is the empty string."""
        prefix = f"{folder}/" if folder else ""
        return [entry for path, entry in self.entries.items() if path.startswith(prefix)]


class Digests:
    """Content hashes, read once for as long as a file stays the same: weights are big and asked for often."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, bool], tuple[tuple[int, ...], str]] = {}
        self._lock = threading.Lock()

    def of(self, file: Path, status: os.stat_result, is_lfs: bool) -> str:
        """Known files answer without waiting; unknown ones are read one at a time, so never twice."""
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
    """All repositories below some folders, laid out as owner/name; of two with one name, the first wins."""

    def __init__(self, roots: Path | Iterable[Path]) -> None:
        self._roots = [Path(root) for root in ([roots] if isinstance(roots, str | Path) else roots)]
        self._digests = Digests()

    def find(self, owner: str, name: str) -> Snapshot | None:
        """The repository as it is on disk now, so that an edit is a new commit at the next request."""
        for root in self._roots:
            folder = root / owner / name
            if is_repo_name(owner) and is_repo_name(name) and folder.is_dir():
                return self._snapshot(f"{owner}/{name}", folder)
        return None

    def _snapshot(self, repo_id: str, folder: Path) -> Snapshot:
        entries = sorted(self._entries(Path(os.path.realpath(folder))), key=lambda entry: entry.path)
        return Snapshot(repo_id, tree_id(entries), {entry.path: entry for entry in entries})

    def _entries(self, home: Path) -> Iterator[Entry]:
        for path, file, status in walk(home):
            is_lfs = Path(path).suffix in LFS_SUFFIXES or status.st_size > LFS_BYTES
            try:
                digest = self._digests.of(file, status, is_lfs)
            except OSError:  # gone or made unreadable since it was listed: not part of this commit
                continue
            yield Entry(path, file, status.st_size, status.st_mtime, digest, is_lfs)


def is_repo_name(name: str) -> bool:
    """The Hub's own alphabet; no dot in front also means that a name is never a way out of the root."""
    return _NAME.fullmatch(name) is not None


def walk(home: Path) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Every file that may be seen: regular, no dot in front of any part, and inside even through links."""
    for place, folders, names in os.walk(home):
        folders[:] = [name for name in folders if _is_shown(name)]
        for name in filter(_is_shown, names):
            file = Path(os.path.realpath(os.path.join(place, name)))
            if file.is_relative_to(home) and all(map(_is_shown, file.relative_to(home).parts)):
                status = _status(file)
                if status and stat.S_ISREG(status.st_mode):
                    yield Path(place, name).relative_to(home).as_posix(), file, status


def _is_shown(name: str) -> bool:
    """Control characters and undecodable bytes have no place in a URL or in JSON."""
    return not name.startswith(".") and name.isprintable()


def _status(file: Path) -> os.stat_result | None:
    try:
        return os.lstat(file)  # all links have been followed: one that is there now came in between
    except OSError:
        return None


def tree_id(entries: Iterable[Entry]) -> str:
    """The same names and contents give the same id on every machine and on every day."""
    lines = "".join(f"{entry.path}\0{entry.digest}\n" for entry in entries)
    return hashlib.sha1(lines.encode(), usedforsecurity=False).hexdigest()


def hash_file(file: Path, size: int, is_lfs: bool) -> str:
    """SHA-256 for what the Hub keeps in large-file storage, a git blob id for the rest."""
    hasher = hashlib.sha256() if is_lfs else _git_blob(size)
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hasher).hexdigest()


def _git_blob(size: int, content: bytes = b"") -> Any:  # hashlib gives its hashers no public type
    return hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False)
