"""Room that is left on a file system."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BOUNDLESS_BYTES = 2**60
"""EFS says that 8 EiB are free, whatever is in it."""


def free_bytes(root: Path) -> int | None:
    """Room that is left; ``None`` where the file system has no end."""
    found = os.statvfs(root)
    left = found.f_bavail * found.f_frsize
    return left if left < BOUNDLESS_BYTES else None
