"""What processes that were ended half-way left of a model, and what was put aside."""

from __future__ import annotations

import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.cache.files import DAMAGED

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from inference.cache.layout import CacheLayout

LEFT_BEHIND_S = 2 * 900
"""Twice the longest timeout: whoever began it cannot be at it any more."""
PUT_ASIDE = "damaged artifact"


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
        *((PUT_ASIDE, path) for path in artifacts.glob(f"*/*{DAMAGED}")),
        *(("unfinished note", path) for path in layout.state(model).glob(".*.json.*")),
    ]
    return [Leftover(path, kind, changed_s(path)) for kind, path in sorted(found)]


def delete_old(layout: CacheLayout, model: str, now_s: float) -> None:
    """By whoever prepares the model, so that ended attempts do not fill the cache.

    What was put aside stays for a look, and for environments that still have it open: prune takes it.
    """
    for each in leftovers(layout, model):
        if each.kind == PUT_ASIDE or now_s - each.changed_s <= LEFT_BEHIND_S:
            continue
        if each.path.is_dir():
            shutil.rmtree(each.path, ignore_errors=True)
        else:
            with suppress(OSError):
                each.path.unlink()


def changed_s(path: Path) -> float:
    """When anything in it was changed last, as seconds since 1970."""
    return max((each.st_mtime for each in stats((path,))), default=0.0)


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
