"""What a program that a test started must not leave behind: processes, and a port in use."""

from __future__ import annotations

import socket
import time
from pathlib import Path

GONE_S = 10


def descendants(pid: int) -> list[int]:
    """Processes that a process started, and those that they started."""
    found = [pid]
    for each in found:
        children = Path(f"/proc/{each}/task/{each}/children")
        if children.exists():
            found += [int(child) for child in children.read_text().split()]
    return found[1:]


def assert_gone(pids: list[int]) -> None:
    """Nothing of these runs; whoever inherits an orphan takes a moment to let it go."""
    deadline_s = time.monotonic() + GONE_S
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline_s, left
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
