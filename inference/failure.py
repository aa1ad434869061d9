"""A preparation that failed, as others read it: they answer its reason instead of failing once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference import errors

if TYPE_CHECKING:
    from inference.errors import HubletError

FIRST_HOLD_S = 60.0
LONGEST_HOLD_S = 900.0
ALMOST = 1.1
"""A call that has so little more time than was not enough the last time will not end otherwise."""


@dataclass(frozen=True)
class Failure:
    """Why, and how long nobody needs to try again."""

    kind: str
    """The error's class."""
    message: str
    retry_after_s: float | None
    hold_s: float
    purpose: str
    """What failed; another purpose, or the same with more memory, may well work."""
    count: int = 1
    """How often in a row."""
    had_s: float | None = None
    """Seconds that were not enough; ``None``: it was not a matter of time."""

    @classmethod
    def read(cls, note: dict[str, Any], purpose: str) -> Failure | None:
        """The failure that a turn ended with, if it is one of this purpose."""
        try:
            found = cls(**note["failure"])
        except (KeyError, TypeError):
            return None
        is_known = isinstance(getattr(errors, found.kind, None), type)
        return found if found.purpose == purpose and is_known else None

    def concerns(self, remaining_s: float) -> bool:
        """Whether a call with so much time left would fail the same way."""
        return self.had_s is None or remaining_s <= self.had_s * ALMOST

    def error(self, rest_s: float = 0.0) -> HubletError:
        """The same error again; ``rest_s`` is what is left of the hold."""
        retry_after_s = rest_s if rest_s > 0 else self.retry_after_s
        made: HubletError = getattr(errors, self.kind)(self.message, retry_after_s=retry_after_s)
        return made


def doubled(count: int) -> float:
    """Seconds to hold after so many failures in a row."""
    return min(LONGEST_HOLD_S, FIRST_HOLD_S * 2.0 ** max(0, count - 1))
