"""The two names that the Hub gives a file's content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHUNK_BYTES = 1 << 20


def hashes(path: Path, each_chunk: Callable[[], None] = lambda: None) -> tuple[str, str]:
    """SHA-256 (for large files) and git blob id (for small ones), both in hex; ``each_chunk`` may end it."""
    sha256 = hashlib.sha256()
    git_oid = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            each_chunk()
            sha256.update(chunk)
            git_oid.update(chunk)
    return sha256.hexdigest(), git_oid.hexdigest()
