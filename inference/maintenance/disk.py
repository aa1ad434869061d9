"""Bytes of folders, room that is left, and what nobody will finish."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.cache_files import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from inference.cache_layout import CacheLayout

BOUNDLESS_BYTES = 2**60
"""EFS says that 8 EiB are free, whatever is in it."""


@dataclass(frozen=True)
class Leftover:
    """A file or folder that a process was still at when it ended, or that was put aside."""

    path: Path
    kind: str
    changed_s: float


def leftovers(layout: CacheLayout, model: str) -> list[Leftover]:
    """Unfinished files of a download, unfinished and damaged artifacts, unfinished notes."""
    artifacts = layout.artifacts(model)
    found = [
        *(("unfinished download", path) for path in (layout.download(model) / "blobs").glob("*.incomplete")),
        *(("unfinished artifact", path) for path in artifacts.glob("*/.*.tmp")),
        *(("damaged artifact", path) for path in artifacts.glob(f"*/*{DAMAGED}")),
        *(("unfinished note", path) for path in layout.state(model).glob(".*.json.*")),
    ]
    return [Leftover(path, kind, changed_s(path)) for kind, path in sorted(found)]


def changed_s(path: Path) -> float:
    """When anything in it was changed last, as seconds since 1970."""
    return max((each.st_mtime for each in stats((path,))), default=0.0)


def tree_bytes(*paths: Path) -> int:
    """What files take; those with several names count once."""
    return sum({(each.st_dev, each.st_ino): each.st_size for each in stats(paths) if _is_file(each)}.values())


def freed_bytes(paths: Iterable[Path]) -> int:
    """What is won when all of it goes: a file that has yet another name stays."""
    seen: dict[tuple[int, int], list[os.stat_result]] = {}
    for each in stats(paths):
        if _is_file(each):
            seen.setdefault((each.st_dev, each.st_ino), []).append(each)
    return sum(same[0].st_size for same in seen.values() if len(same) >= same[0].st_nlink)


def free_bytes(root: Path) -> int | None:
    """Room that is left; ``None`` where the file system has no end."""
    found = os.statvfs(root)
    left = found.f_bavail * found.f_frsize
    return left if left < BOUNDLESS_BYTES else None


def stats(paths: Iterable[Path]) -> Iterator[os.stat_result]:
    """Of everything in these trees, themselves included; what goes away meanwhile is passed over."""
    for path in paths:
        try:
            found = path.lstat()
        except OSError:
            continue
        yield found
        if stat.S_ISDIR(found.st_mode):
            yield from stats(_children(path))


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_file(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode)
