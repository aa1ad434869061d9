"""A conversion may use the function's memory, not more: an error of ours comes before the kernel's kill."""

from __future__ import annotations

import resource
import sys

MEGABYTE = 1024 * 1024


def bound_memory(memory_mb: int) -> None:
    """Limit this process's private memory (Linux; elsewhere the limit is not enforced)."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * MEGABYTE, memory_mb * MEGABYTE))
