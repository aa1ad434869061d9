"""A folder of files becomes an artifact: complete or not there at all."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.artifact import Artifact, DamagedArtifact
from inference.cache_files import set_aside
from inference.hashes import hashes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.artifact import Manifest


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
    replace(manifest, files=files).write(folder)
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
