"""Lambda's context object."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class FakeContext:
    """Lambda's context object: a request id and a clock that runs down."""

    timeout_s: float = 60.0
    aws_request_id: str = "request-1"
    started_s: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return int((self.timeout_s - (time.monotonic() - self.started_s)) * 1000)
