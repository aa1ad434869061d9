"""A conversion may use the function's memory, not more: an error of ours comes before the kernel's kill."""

from __future__ import annotations

import resource
import sys

MEBIBYTE = 1024 * 1024
NO_MEMORY = (
    "bad_alloc",
    "can't allocate memory",
    "can't start new thread",
    "cannot allocate memory",
    "failed to allocate memory",
    "failed to map segment",
)
"""What the libraries of C++ and torch say where Python raises :class:`MemoryError`, in small letters."""


def bound_memory(memory_mb: int) -> None:
    """Limit this process's private memory (Linux; elsewhere the limit is not enforced)."""
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * MEBIBYTE, memory_mb * MEBIBYTE))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the bound was reached, in whichever library."""
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in NO_MEMORY)
