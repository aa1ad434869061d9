"""Removal in two steps: a rename into the trash folder, then the deletion, which may be slow."""

from __future__ import annotations

import shutil
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from inference.maintenance.disk import freed_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from inference.cache.layout import CacheLayout
    from inference.deadline import Deadline
    from inference.maintenance.steps import RemovalStep


class Trash:
    """Files that one event removes. Readers never see a half-deleted folder."""

    def __init__(self, layout: CacheLayout) -> None:
        self._folder = layout.trash
        self._moved: list[Path] = []

    def execute(self, steps: Iterable[RemovalStep]) -> list[dict[str, Any]]:
        """Move all paths of the steps into the trash; returns the lines of the steps."""
        lines = []
        for step in steps:
            self.move(step.paths)
            lines += [step.line] if step.line else []
        return lines

    def move(self, paths: Iterable[Path]) -> None:
        """Move paths into the trash; missing ones are skipped."""
        for path in paths:
            self._folder.mkdir(exist_ok=True)
            aside = self._folder / uuid.uuid4().hex
            with suppress(FileNotFoundError):
                path.rename(aside)
                self._moved.append(aside)

    def collect_earlier(self) -> None:
        """Add files that earlier events had no time to delete."""
        if self._folder.is_dir():
            self._moved += sorted(set(self._folder.iterdir()) - set(self._moved))

    def delete(self, deadline: Deadline) -> int:
        """Delete files until the deadline; returns the bytes freed. The next prune deletes the rest."""
        won_bytes = freed_bytes(self._moved)
        for path in self._moved:
            if not deadline.remaining_s:
                break
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return won_bytes
