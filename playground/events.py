"""An answer that comes as server-sent events, read as it comes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DATA = b"data: "
DONE = b"[DONE]"


@dataclass(frozen=True)
class EventReply:
    """Begun, with its first event at hand."""

    headers: Mapping[str, str]
    """Names in lower case."""
    first: Any
    """``None`` where there is no event."""
    first_s: float
    """From sending to the first event, as seen from here."""
    rest: Iterator[Any]
    started_s: float

    def documents(self) -> Iterator[Any]:
        """All events; one with ``error`` is the last. A connection that breaks raises ``OSError``."""
        if self.first is not None:
            yield self.first
        yield from self.rest

    @property
    def seconds(self) -> float:
        """Since it was sent."""
        return time.monotonic() - self.started_s


def documents(reply: Any) -> Iterator[Any]:
    """The JSON of each event of an open HTTP response, which is closed at the end. Comments are skipped."""
    with reply:
        for line in reply:
            if line.startswith(DATA):
                data = line.removeprefix(DATA).strip()
                if data == DONE:
                    return
                yield json.loads(data)
