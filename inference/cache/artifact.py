"""A published model on the cache: a folder of real files that says about itself what it is."""

from __future__ import annotations

import errno
import json
import platform
from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from inference.cache.hashes import hashes
from inference.cache.layout import slug

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MANIFEST = "manifest.json"
VERSION = 1
"""Raised when artifacts of an older form can no longer be served; those are rebuilt."""
ARCH = platform.machine()
DAMAGE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG)
"""What the file system says where the folder is not as its manifest has it."""
SUFFIX = f"-{ARCH}-v{VERSION}"


class DamagedArtifact(Exception):
    """A folder whose files are not what its manifest says."""


@dataclass(frozen=True)
class Manifest:
    """What an artifact holds and where it came from; written last, so its presence means complete."""

    model: str
    commit: str
    head: str
    """What the model was made for: a pipeline tag, or the kind of head that several tags share."""
    engine: str
    asked: str
    """The precision that was asked for: ``auto``, ``int8`` or ``fp32``."""
    precision: str
    """The precision that it has."""
    reason: str
    """Why this engine, and why this precision."""
    created: str
    """UTC, ISO 8601."""
    seconds: float
    """What the conversion took, proof included."""
    files: dict[str, dict[str, Any]]
    """File name -> ``{"size_bytes": int, "sha256": hex}``."""
    tools: dict[str, str]
    drift: dict[str, float] = field(default_factory=dict)
    """How far from fp32 torch, as measured at conversion."""
    rejected: list[dict[str, Any]] = field(default_factory=list)
    """Faster variants that missed the budget, with their figures."""
    lists: str = "serial"
    """``parallel`` where a list may have an input on each thread: it was seen to answer as one alone does."""
    arch: str = ARCH
    version: int = VERSION

    @property
    def folder_name(self) -> str:
        forced = "" if self.asked == "auto" else "-forced"
        return f"{self.engine}-{self.head}-{self.precision}{forced}{SUFFIX}"

    @property
    def size_bytes(self) -> int:
        return sum(file["size_bytes"] for file in self.files.values())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        return cls.of(json.loads((folder / MANIFEST).read_text()))

    @classmethod
    def of(cls, written: dict[str, Any]) -> Manifest:
        """What a later release added is passed over: after a rollback its artifacts are still good."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in written.items() if name in known})

    def write(self, folder: Path) -> None:
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1) + "\n")


@dataclass(frozen=True)
class Artifact:
    """A folder and its manifest."""

    folder: Path
    manifest: Manifest

    @classmethod
    def open(cls, folder: Path) -> Artifact:
        """Read the manifest and compare every file's size with it; hashes are for ``verify``.

        A file system that cannot read at all is no damage: its ``OSError`` goes on.
        """
        try:
            manifest = Manifest.read(folder)
            if manifest.version != VERSION:
                raise DamagedArtifact(f"the manifest is of version {manifest.version}, not {VERSION}")
            for name, file in manifest.files.items():
                size_bytes = _inside(folder, name).lstat().st_size
                if size_bytes != file["size_bytes"]:
                    raise DamagedArtifact(f"{name} has {size_bytes} bytes, not {file['size_bytes']}")
        except OSError as error:
            if error.errno not in DAMAGE:
                raise
            raise DamagedArtifact(f"{type(error).__name__}: {error}") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedArtifact(f"{type(error).__name__}: {error}") from error
        return cls(folder, manifest)

    def check_place(self) -> None:
        """Raise :class:`DamagedArtifact` for a manifest of another model, commit or form than its path names.

        A folder of the cache is ``artifacts/<model>/<commit>/<form>``.
        """
        said = (slug(self.manifest.model), self.manifest.commit, self.manifest.folder_name)
        if said != self.folder.parts[-3:]:
            raise DamagedArtifact("the manifest is of another model, commit or form than its folder")

    def damaged_file(self, each_chunk: Callable[[], None] = lambda: None) -> str | None:
        """The first file whose bytes are not those that were published; ``each_chunk`` may end this."""
        for name, file in self.manifest.files.items():
            each_chunk()
            if hashes(self.folder / name, each_chunk)[0] != file["sha256"]:
                return name
        return None


def _inside(folder: Path, name: str) -> Path:
    """A file of the folder; whatever else a manifest names is damage, and is not looked at."""
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise DamagedArtifact("the manifest names a file outside the folder")
    return folder / parts
