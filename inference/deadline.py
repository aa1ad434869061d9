"""How long a request may still take, so that the reply always leaves before Lambda's own timeout."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

REPLY_MARGIN_S = 1.0
"""Time kept back to write the reply; at most a tenth of a short timeout."""


class LambdaContext(Protocol):
    """The part of Lambda's context object that we use."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock."""

    at_s: float

    @classmethod
    def of(cls, context: LambdaContext) -> Deadline:
        """When the reply to this invocation must be on its way."""
        remaining_s = context.get_remaining_time_in_millis() / 1000
        return cls.after(remaining_s - min(REPLY_MARGIN_S, remaining_s / 10))

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    @property
    def remaining_s(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at_s - time.monotonic())
