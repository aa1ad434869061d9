"""Sizes of files and folders."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from inference.cache.stale_files import stats

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path


def tree_bytes(*paths: Path) -> int:
    """Bytes of all files; a file with several hard links counts once."""
    return sum({(each.st_dev, each.st_ino): each.st_size for each in stats(paths) if _is_file(each)}.values())


def freed_bytes(paths: Iterable[Path]) -> int:
    """Bytes freed if all paths are removed. A file with a hard link elsewhere frees nothing."""
    seen: dict[tuple[int, int], list[os.stat_result]] = {}
    for each in stats(paths):
        if _is_file(each):
            seen.setdefault((each.st_dev, each.st_ino), []).append(each)
    return sum(same[0].st_size for same in seen.values() if len(same) >= same[0].st_nlink)


def _is_file(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode)
