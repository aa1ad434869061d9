"""Facts about processes from ``/proc`` (Linux): memory, CPU time, bytes read."""

from __future__ import annotations

import os
import threading
from pathlib import Path

SAMPLE_EVERY_S = 0.05


def peak_memory_mb(pid: int) -> float:
    """Peak resident memory so far (VmHWM), with shared libraries and mapped files."""
    return _status_kb(pid, "VmHWM") / 1024


def resident_mb(pid: int) -> float:
    """Resident memory now (VmRSS); 0 if the process has ended."""
    return _status_kb(pid, "VmRSS") / 1024


def children(pid: int) -> list[int]:
    """Child processes that the main thread started. This is cheap: ``descendants`` reads all of /proc."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def cpu_s(pid: int) -> float:
    """CPU time of a process so far, without its children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine_cpu_s() -> float:
    """CPU time of all processes so far."""
    user, nice, system, _, _, irq, softirq, _ = _cpu_ticks()
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def stolen_cpu_s() -> float:
    """CPU time so far that the host gave to other guests while this machine had work (steal)."""
    return _cpu_ticks()[-1] / os.sysconf("SC_CLK_TCK")


def cores() -> int:
    """Cores of this machine."""
    return os.cpu_count() or 1


def storage_bytes(pid: int) -> int:
    """Bytes that the kernel fetched from storage for this process, mapped files included."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("read_bytes")).split()[1])


class DescendantsMemory:
    """Measures the peak memory of this process's descendants, all together."""

    def __init__(self) -> None:
        self._peak_kb = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Stop measuring; returns the peak in MB."""
        self._done.set()
        self._thread.join()
        return self._peak_kb / 1024

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_EVERY_S):
            self._peak_kb = max(self._peak_kb, sum(_status_kb(pid, "VmRSS") for pid in descendants()))


def descendants() -> list[int]:
    """Process ids of this process's children, and of their children."""
    parents = {int(entry): _status_kb(int(entry), "PPid") for entry in os.listdir("/proc") if entry.isdigit()}
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found[1:]


def _cpu_ticks() -> list[int]:
    return [int(field) for field in Path("/proc/stat").read_text().split()[1:9]]


def _status_kb(pid: int, name: str) -> float:
    """A value of ``/proc/PID/status`` in kB; 0 if the process has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0.0)
