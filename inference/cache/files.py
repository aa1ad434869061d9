"""Files that many machines share: written at once, set aside."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

DAMAGED = ".damaged"


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
    replace_text(path, json.dumps(value))


def replace_text(path: Path, text: str) -> None:
    """The same for any text."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def recorded_commit(path: Path) -> str | None:
    """What a branch was resolved to, if the file says so; one that cannot be read raises ``OSError``."""
    try:
        return str(json.loads(path.read_text())["commit"])
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
