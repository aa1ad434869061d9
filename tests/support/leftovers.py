"""What a program that a test started must not leave behind: processes, and a port in use."""

from __future__ import annotations

import socket
import time
from pathlib import Path

GONE_S = 10


def children(pid: int) -> list[int]:
    """Processes that a process started, from whichever thread; none of one that has ended."""
    try:
        lists = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # ended meanwhile
        return []
    return [int(child) for found in lists for child in found]


def descendants(pid: int) -> list[int]:
    """Those, and the ones that they started."""
    found = [pid]
    for each in found:
        found += children(each)
    return found[1:]


def assert_gone(pids: list[int]) -> None:
    """Nothing of these runs; whoever inherits an orphan takes a moment to let it go."""
    deadline_s = time.monotonic() + GONE_S
    while left := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline_s, left
        time.sleep(0.05)


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on at the moment."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
