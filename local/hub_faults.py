"""What can go wrong on the way to the Hub, on demand: a product is judged by how it takes this."""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field


class Cut(Exception):
    """Ends a response in the middle: the server then closes the connection."""


@dataclass(frozen=True)
class Damage:
    """What one download suffers: the offset in the answer to stop at, and whether its bytes are wrong."""

    cut: int | None = None
    corrupt: bool = False


@dataclass
class Faults:
    """Switches that may be turned at any time; every one is off by default.

    `only` limits them to paths that contain it, and `first` limits the ones that spoil an answer (cut,
    corrupt, hang, rate_limit, broken) to the next so many, counting down. The others always hold.
    """

    slow: int = 0  # bytes per second of each download; 0 is full speed
    cut: int | None = None  # close the connection after so many bytes of a longer download
    corrupt: bool = False  # the right size, the wrong bytes
    hang: bool = False  # take the request and never answer
    rate_limit: int | None = None  # 429, with so many seconds to wait
    broken: bool = False  # 500
    gated: Collection[str] = ()  # repositories that need one of `tokens`
    tokens: Collection[str] = ()
    revoked: Collection[str] = ()  # 401 to whoever sends one of these, whatever it is for
    redirect: str | None = None  # send downloads to this base URL, as the Hub does to its storage
    only: str = ""
    first: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def strike(self, path: str) -> bool:
        """Whether a fault is due for this path; asking uses up one of `first`."""
        with self._lock:
            if self.only not in path or self.first == 0:
                return False
            if self.first is not None:
                self.first -= 1
            return True

    def damage(self, path: str, length: int) -> Damage:
        """The harm to one download, decided once when it starts."""
        cut = self.cut if self.cut is not None and self.cut < length else None
        if (cut is None and not self.corrupt) or not self.strike(path):
            return Damage()
        return Damage(cut, self.corrupt)

    def storage_url(self, path: str) -> str | None:
        """Where a download is sent instead, if it is."""
        return f"{self.redirect.rstrip('/')}{path}" if self.redirect and self.only in path else None
