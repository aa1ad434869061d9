"""A preparation that failed, as others read it: they answer its reason instead of failing once more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inference import errors

if TYPE_CHECKING:
    from inference.errors import HubletError

FIRST_BACKOFF_S = 60.0
LONGEST_BACKOFF_S = 900.0
MOST_COUNTED = 1000
ALMOST = 1.1
"""A call needs at least 10% more time than the one that timed out; otherwise it fails at once."""


@dataclass(frozen=True)
class Failure:
    """Why, and for how long nobody tries again."""

    kind: str
    """The error's class."""
    message: str
    retry_after_s: float | None
    backoff_s: float
    """From the record's last heartbeat on."""
    spec_key: str
    """What failed; another artifact, or the same with more memory, may well work."""
    count: int = 1
    """How often in a row."""
    had_s: float | None = None
    """Seconds that were not enough; ``None``: it was not a matter of time."""

    @classmethod
    def read(cls, note: dict[str, Any], spec_key: str) -> Failure | None:
        """The failure that a lease ended with, if it is one of this artifact."""
        try:
            found = cls(**note["failure"])
            errors.named(found.kind)
        except (KeyError, TypeError):
            return None
        if not isinstance(found.message, str) or found.spec_key != spec_key:
            return None
        is_count = isinstance(found.count, int) and not isinstance(found.count, bool)
        return replace(
            found,
            retry_after_s=errors.sane_seconds(found.retry_after_s),
            backoff_s=errors.sane_seconds(found.backoff_s) or 0.0,
            count=min(MOST_COUNTED, max(1, found.count)) if is_count else 1,
            had_s=errors.sane_seconds(found.had_s),
        )

    def left_s(self, since_s: float, now_s: float) -> float:
        """Of the backoff; a failure that is dated in the future holds no longer than any other."""
        return min(self.backoff_s, since_s + self.backoff_s - now_s)

    def concerns(self, remaining_s: float) -> bool:
        """Whether a call with so much time left would fail the same way."""
        return self.had_s is None or remaining_s <= self.had_s * ALMOST

    def error(self, wait_s: float = 0.0) -> HubletError:
        """The same error again; ``wait_s`` is what is left of the backoff."""
        retry_after_s = wait_s if wait_s > 0 else self.retry_after_s
        return errors.named(self.kind)(self.message, retry_after_s=retry_after_s)


def backoff_s(count: int) -> float:
    """Seconds that nobody tries again after so many failures in a row: 60, doubling to 900."""
    return min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(MOST_COUNTED, max(0, count - 1)))
