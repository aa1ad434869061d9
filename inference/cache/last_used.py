"""When an artifact was loaded last: a mark beside the model's state, for whoever cleans up."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from inference.cache.layout import model_id

if TYPE_CHECKING:
    from pathlib import Path

    from inference.cache.layout import CacheLayout


def leave(layout: CacheLayout, folder: Path) -> None:
    """Mark an artifact as loaded now, aside from the thread that serves; a read-only cache has no marks."""
    threading.Thread(target=_touch, args=(path(layout, folder),), name="mark", daemon=True).start()


def seen_s(layout: CacheLayout, folder: Path) -> float | None:
    """When it was loaded last, as seconds since 1970; ``None`` if no mark says."""
    try:
        return path(layout, folder).stat().st_mtime
    except OSError:
        return None


def path(layout: CacheLayout, folder: Path) -> Path:
    """The mark of an artifact, by its folder."""
    return layout.mark(model_id(folder.parent.parent.name), folder.parent.name, folder.name)


def _touch(mark: Path) -> None:
    with contextlib.suppress(OSError):
        try:
            mark.touch()
        except FileNotFoundError:  # a cache that was filled by hand has no state yet
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
