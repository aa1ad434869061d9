"""Storage as slow as a network file system: nothing in the page cache, a limit on bytes per second.

Only the model's files leave the page cache. In Lambda they are on EFS, while the libraries are in the image.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTES_PER_S = 100_000_000
BLOCK_CGROUPS = Path("/sys/fs/cgroup/blkio")
"""Control groups, version 1: their limit on reads also holds for reads by the page cache."""


def drop_from_page_cache(folder: Path) -> None:
    """Drop the folder's pages. This needs no rights; pages that a running process maps stay."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)  # pages that are not on disk yet cannot be dropped
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def can_limit(folder: Path) -> bool:
    """Whether this process may limit its reads of the folder's device."""
    try:
        with limit_reads(folder):
            return True
    except OSError:
        return False


@contextlib.contextmanager
def limit_reads(folder: Path, bytes_per_s: int = BYTES_PER_S) -> Iterator[None]:
    """Limit how fast this process, and processes it starts meanwhile, read the folder's device."""
    group = BLOCK_CGROUPS / f"hublet-bench-{os.getpid()}"
    home = BLOCK_CGROUPS / _own_group().lstrip("/")
    group.mkdir()
    try:
        (group / "blkio.throttle.read_bps_device").write_text(f"{_disk(folder)} {bytes_per_s}\n")
        (group / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            (home / "cgroup.procs").write_text(str(os.getpid()))
    finally:
        _remove(group, home)


def _remove(group: Path, home: Path) -> None:
    """Remove the group. Only an empty one can be removed, so its processes move to ``home`` first."""
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):
            (home / "cgroup.procs").write_text(pid)
    group.rmdir()


def _own_group() -> str:
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, group = line.split(":", 2)
        if "blkio" in controllers.split(","):
            return group
    raise FileNotFoundError("no block-I/O control group")


def _disk(folder: Path) -> str:
    """``major:minor`` of the whole disk; the kernel refuses a limit on a partition."""
    number = folder.stat().st_dev
    device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
    if (device / "partition").exists():
        device = device.parent
    return (device / "dev").read_text().strip()
