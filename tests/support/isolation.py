"""A guard that lets a test use no network and start no process, even where code swallows the error."""

from __future__ import annotations

import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

FORBIDDEN = {
    *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"),
    *("socket.bind", "socket.connect", "socket.getaddrinfo", "socket.sendto"),
}
"""Events of Python's audit table."""


class Isolation:
    """Watches while it is open; what was tried stays in ``attempts``."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._is_open = False
        sys.addaudithook(self._watch)  # for good: Python has no way to remove one

    @contextmanager
    def open(self) -> Iterator[None]:
        self.attempts.clear()
        self._is_open = True
        try:
            yield
        finally:
            self._is_open = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        was_open, self._is_open = self._is_open, False
        try:
            yield
        finally:
            self._is_open = was_open

    def check(self) -> None:
        """Fails if anything was tried, in any thread."""
        if self.attempts:
            pytest.fail(f"a unit test uses no network and starts no process: {self.attempts}")

    def _watch(self, event: str, details: tuple[Any, ...]) -> None:
        if self._is_open and (event in FORBIDDEN or _is_network_socket(event, details)):
            self.attempts.append(f"{event} {details!r:.200}")
            self.check()


def _is_network_socket(event: str, details: tuple[Any, ...]) -> bool:
    """An event loop wakes itself up through a pair of Unix sockets; that is no network."""
    return event == "socket.__new__" and details[1] != socket.AF_UNIX
