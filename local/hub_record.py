"""What the Hub was asked and what it sent, so that a test can say how much a cache saved."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.types import Message


@dataclass
class Seen:
    """One request; `status` is 0 until it is answered. Headers may hold a token, so its repr has none."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    status: int = 0
    sent: int = 0

    @property
    def line(self) -> str:
        """Method and path, for assertions that read like a log."""
        return f"{self.method} {self.path}"


class Record:
    """Requests in order of arrival and the bytes they cost, readable from any thread while the Hub runs."""

    def __init__(self, keep: int = 10_000) -> None:
        self._keep = keep
        self._requests: list[Seen] = []
        self._file_bytes = 0
        self._changed = threading.Condition()

    @property
    def requests(self) -> list[Seen]:
        """The latest requests; a Hub that runs for months must not grow, so the oldest are dropped."""
        with self._changed:
            return list(self._requests)

    @property
    def lines(self) -> list[str]:
        """The latest requests as method and path."""
        return [request.line for request in self.requests]

    @property
    def file_bytes(self) -> int:
        """Bytes of file content handed to clients."""
        with self._changed:
            return self._file_bytes

    def clear(self) -> None:
        """Start to count anew."""
        with self._changed:
            self._requests.clear()
            self._file_bytes = 0

    def wait_for(self, ready: Callable[[list[Seen]], bool], timeout: float = 10) -> bool:
        """Block until the requests satisfy `ready`, so that tests need no sleep; False when time is up."""
        with self._changed:
            return self._changed.wait_for(lambda: ready(self._requests), timeout)

    def arrived(self, seen: Seen) -> None:
        """Called for each request before anything else happens to it."""
        with self._changed:
            self._requests.append(seen)
            del self._requests[: -self._keep]
            self._changed.notify_all()

    def sending(self, seen: Seen, message: Message) -> None:
        """Called before each part of an answer leaves, so a client that has it can count on it being here."""
        with self._changed:
            seen.status = message.get("status", seen.status)
            if seen.method != "HEAD":
                seen.sent += len(message.get("body", b""))
                if "/resolve/" in seen.path and seen.status in (200, 206):
                    self._file_bytes += len(message.get("body", b""))
            self._changed.notify_all()
