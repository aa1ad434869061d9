"""Faults of the Hub, switched on for tests and demos of how the product handles them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection


class ConnectionCut(Exception):
    """Ends a response in the middle; the server then closes the connection."""


@dataclass(frozen=True)
class Damage:
    """The faults of one download."""

    cut_after_bytes: int | None = None
    corrupt: bool = False


@dataclass(slots=True)
class Faults:
    """Switches, all off by default; they may be changed at any time. An unknown one is an error.

    ``only`` limits all faults to paths that contain it. ``first`` limits some of them to the next ``first``
    requests and counts down: cut, corrupt, hang, rate limit and broken. The others always apply.
    """

    slow_bytes_per_s: int = 0
    """Speed of each download; 0 is full speed."""
    cut_after_bytes: int | None = None
    """Close the connection after this many bytes of a longer download."""
    corrupt: bool = False
    """Send wrong bytes of the right number."""
    hang: bool = False
    """Accept requests and never answer."""
    retry_after_s: int | None = None
    """Answer 429, and ask the client to wait this long."""
    broken: bool = False
    """Answer 500."""
    gated: Collection[str] = ()
    """Repositories that need one of ``tokens``."""
    tokens: Collection[str] = ()
    revoked: Collection[str] = ()
    """Tokens that are answered with 401."""
    redirect: str | None = None
    """Redirect downloads to this base URL, as the Hub redirects to its storage."""
    only: str = ""
    first: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def use_fault(self, path: str) -> bool:
        """Whether a fault applies to this path; this counts ``first`` down."""
        with self._lock:
            if self.only not in path or self.first == 0:
                return False
            if self.first is not None:
                self.first -= 1
            return True

    def plan_damage(self, path: str, length: int) -> Damage:
        """The faults of one download, decided when it starts."""
        cut = self.cut_after_bytes
        if cut is not None and cut >= length:
            cut = None
        if (cut is None and not self.corrupt) or not self.use_fault(path):
            return Damage()
        return Damage(cut, self.corrupt)

    def get_redirect_url(self, path: str) -> str | None:
        """The URL that a download is redirected to, ``None`` for no redirect."""
        return f"{self.redirect.rstrip('/')}{path}" if self.redirect and self.only in path else None
