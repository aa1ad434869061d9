"""Removal in two steps: one rename out of everybody's sight, then the deletion, which may take its time."""

from __future__ import annotations

import shutil
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from inference.maintenance.disk import freed_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from inference.cache_layout import CacheLayout
    from inference.deadline import Deadline
    from inference.maintenance.steps import Step


class Trash:
    """What one event throws away; no reader ever sees half of a folder."""

    def __init__(self, layout: CacheLayout) -> None:
        self._folder = layout.trash
        self._taken: list[Path] = []

    def carry_out(self, steps: Iterable[Step]) -> list[dict[str, Any]]:
        """Take everything out of sight; the lines of the steps."""
        lines = []
        for step in steps:
            self.take(step.paths)
            lines += [step.line] if step.line else []
        return lines

    def take(self, paths: Iterable[Path]) -> None:
        """Move these aside, as far as they are still there."""
        for path in paths:
            self._folder.mkdir(exist_ok=True)
            aside = self._folder / uuid.uuid4().hex
            with suppress(FileNotFoundError):
                path.rename(aside)
                self._taken.append(aside)

    def take_old(self) -> None:
        """What an earlier event had no time to delete."""
        if self._folder.is_dir():
            self._taken += sorted(set(self._folder.iterdir()) - set(self._taken))

    def empty(self, deadline: Deadline) -> int:
        """Delete, and tell how many bytes that wins; what is left at the deadline is for the next prune."""
        won_bytes = freed_bytes(self._taken)
        for path in self._taken:
            if not deadline.remaining_s:
                break
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return won_bytes
