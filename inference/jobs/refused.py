"""How a job ends that was not done, and how a child tells its parent: by class, in one function each way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference import errors

if TYPE_CHECKING:
    from inference.errors import HubletError


class LeaseLost(Exception):
    """Another process holds the lease now: this one was frozen, or the cache was, for too long."""


class Refused(Exception):
    """A job that ended with an error that callers may see."""

    def __init__(self, error: HubletError, *, backoff_s: float = 0.0, is_cache_fault: bool = False) -> None:
        super().__init__(error.message)
        self.error = error
        self.backoff_s = backoff_s
        """For how long it is no use to try again."""
        self.is_cache_fault = is_cache_fault
        """Whether the cache was at fault, which may be well again at any moment."""


def to_line(ended: Refused | LeaseLost) -> dict[str, Any]:
    """In the child: the fields of the last line that it writes."""
    if isinstance(ended, LeaseLost):
        return {"error": LeaseLost.__name__}
    return {
        "error": type(ended.error).__name__,
        "message": ended.error.message,
        "retry_after_s": ended.error.retry_after_s,
        "backoff_s": ended.backoff_s,
        "is_cache_fault": ended.is_cache_fault,
    }


def from_line(line: dict[str, Any]) -> Refused | LeaseLost | None:
    """In the parent: the same again; ``None`` for the line of a job that was done."""
    name = line.get("error")
    if name is None:
        return None
    if name == LeaseLost.__name__:
        return LeaseLost()
    error = errors.named(name)(line["message"], retry_after_s=line["retry_after_s"])
    return Refused(error, backoff_s=line["backoff_s"], is_cache_fault=line["is_cache_fault"])
