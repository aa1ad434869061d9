"""Memory that one large request left behind goes back to the system before the process waits for the next.

Libraries free what they worked with, but glibc keeps it: the larger a block that was ever freed, the larger
the blocks that it holds on to (``mallopt(3)``, "dynamic adjustment of the mmap threshold"). Seen with
onnxruntime 1.32: its arena shrinks, and the process does not, until ``malloc_trim(3)`` is called.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STATM = "/proc/self/statm"
GROWN_BYTES = 8_000_000
"""Less is not worth the milliseconds that giving back takes."""


class SpareMemory:
    """Knows how much the process held when it last gave memory back."""

    def __init__(
        self, resident: Callable[[], int] | None = None, trim: Callable[[], None] | None = None
    ) -> None:
        """``resident`` tells bytes in memory; ``trim`` gives back what is free."""
        self._resident = resident or resident_bytes
        self._trim = trim or _malloc_trim()
        self._held_bytes = 0

    def give_back(self) -> None:
        """Does something only where the process has grown since the last time, and the system can."""
        if self._trim is not None and self._resident() > self._held_bytes + GROWN_BYTES:
            self._trim()
            self._held_bytes = self._resident()


def resident_bytes() -> int:
    """Memory of this process, mapped files included; 0 where the system does not tell (macOS)."""
    try:
        with open(STATM) as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _malloc_trim() -> Callable[[], None] | None:
    """glibc's; other C libraries have none."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return None if trim is None else lambda: trim(0)
