"""A log of the Hub's requests and bytes, so that tests can check what a cache saves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Message


@dataclass
class HubRequest:
    """One request; ``status`` is 0 until it is answered. Headers may contain a token: repr hides them."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    status: int = 0
    sent: int = 0
    """Bytes of the response body so far."""

    @property
    def line(self) -> str:
        """Method and path, for assertions that read like a log."""
        return f"{self.method} {self.path}"


class HubLog:
    """Requests in order of arrival, and the bytes sent. Any thread may read it while the Hub runs."""

    def __init__(self, keep: int = 10_000) -> None:
        self._keep = keep
        self._requests: list[HubRequest] = []
        self._file_bytes = 0
        self._changed = threading.Condition()

    @property
    def requests(self) -> list[HubRequest]:
        """The latest requests. The oldest are dropped, so that a long-running Hub does not grow."""
        with self._changed:
            return list(self._requests)

    @property
    def lines(self) -> list[str]:
        """The latest requests as method and path."""
        return [request.line for request in self.requests]

    @property
    def file_bytes(self) -> int:
        """Bytes of file content sent to clients."""
        with self._changed:
            return self._file_bytes

    def clear(self) -> None:
        """Forget all requests and bytes."""
        with self._changed:
            self._requests.clear()
            self._file_bytes = 0

    def wait_for(self, ready: Callable[[list[HubRequest]], bool], timeout: float = 10) -> bool:
        """Wait until ``ready`` is true for the requests; ``False`` after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: ready(self._requests), timeout)

    def add_request(self, seen: HubRequest) -> None:
        """Log a request; the gate calls this before it handles the request."""
        with self._changed:
            self._requests.append(seen)
            del self._requests[: -self._keep]
            self._changed.notify_all()

    def add_response_part(self, seen: HubRequest, message: Message) -> None:
        """Log a part of a response; the gate calls this before it sends the part."""
        with self._changed:
            seen.status = message.get("status", seen.status)
            if seen.method != "HEAD":
                seen.sent += len(message.get("body", b""))
                if "/resolve/" in seen.path and seen.status in (200, 206):
                    self._file_bytes += len(message.get("body", b""))
            self._changed.notify_all()
