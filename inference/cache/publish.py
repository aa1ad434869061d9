"""A folder of files becomes an artifact: complete or not there at all."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.cache.artifact import Artifact, DamagedArtifact
from inference.cache.files import set_aside
from inference.cache.hashes import hashes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.cache.artifact import Manifest


@contextmanager
def unpublished(parent: Path) -> Iterator[Path]:
    """A temporary folder beside the artifacts; gone afterwards unless it was published."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / f".{uuid.uuid4().hex}.tmp"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, manifest: Manifest) -> None:
    """Hash every file, write the manifest last, rename once."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths:
        _flush(path)
    files = {
        path.relative_to(folder).as_posix(): {"size_bytes": path.stat().st_size, "sha256": hashes(path)[0]}
        for path in paths
    }
    _rename(folder, replace(manifest, files=files))


def publish_delivered(folder: Path, manifest: Manifest) -> None:
    """The same for files that were made elsewhere: their bytes must be what the manifest says.

    Raises :class:`DamagedArtifact`, and then nothing is published.
    """
    for name, file in manifest.files.items():
        path = folder / name
        _flush(path)
        if path.stat().st_size != file["size_bytes"] or hashes(path)[0] != file["sha256"]:
            raise DamagedArtifact(f"{name} is not what was made")
    _rename(folder, manifest)


def _rename(folder: Path, manifest: Manifest) -> None:
    manifest.write(folder)
    final = folder.parent / manifest.folder_name
    try:
        folder.rename(final)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        try:
            Artifact.open(final)  # another process was first: its artifact stands, if it is whole
        except DamagedArtifact:
            set_aside(final)
            folder.rename(final)


def _flush(path: Path) -> None:
    """Raises :class:`OSError` if a write did not arrive: native libraries do not ask at ``close``."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
