"""Files that many machines share: locked, written at once, set aside."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import uuid
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAMAGED = ".damaged"


def try_lock(descriptor: int, kind: int) -> bool:
    """Whether the lock is ours now; never waits."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether we are alone, for as long as it lasts. A lock file stays: others may wait at it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        yield try_lock(stream.fileno(), fcntl.LOCK_EX)


def is_held(path: Path) -> bool:
    """Whether somebody else holds the lock; takes nothing away from who looks as well."""
    try:
        with path.open("rb") as stream:
            return not try_lock(stream.fileno(), fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def set_aside(folder: Path) -> None:
    """Keep the newest damaged artifact for a look, out of the way of its replacement.

    Another process may do the same at this moment, and a cache may be read-only: then it stays where it is.
    """
    kept = folder.with_name(f"{folder.name}{DAMAGED}")
    shutil.rmtree(kept, ignore_errors=True)
    with suppress(OSError):
        folder.rename(kept)
        os.utime(kept)  # how long it has been lying here


def write_atomically(path: Path, value: dict[str, Any]) -> None:
    """Readers see the file before or after, never half of it."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    temporary.write_text(json.dumps(value))
    temporary.rename(path)


def recorded_commit(path: Path) -> str | None:
    """What a branch was resolved to, if the file says so."""
    try:
        return str(json.loads(path.read_text())["commit"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
