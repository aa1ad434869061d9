"""``prune``: remove what no function uses; one artifact for each use of a model stays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from inference.cache.artifact import VERSION
from inference.cache.files import recorded_commit
from inference.cache.stale_files import LEFT_BEHIND_S, changed_s
from inference.errors import ModelInUse
from inference.maintenance import steps
from inference.maintenance.disk import freed_bytes
from inference.maintenance.in_use import hold_lease, may_be_in_use
from inference.maintenance.trash import Trash

if TYPE_CHECKING:
    from pathlib import Path

    from inference.deadline import Deadline
    from inference.maintenance.event import Event
    from inference.maintenance.inventory import CachedArtifact, Inventory
    from inference.maintenance.settings import MaintenanceSettings
    from inference.maintenance.steps import RemovalStep

DAY_S = 86_400
DELIVERY_S = DAY_S
"""Lambda keeps an event for six hours at most, so no event is repeated after this."""
UNUSED_COMMIT = "no function uses this commit"


class Pruning:
    """Handles one ``prune`` event."""

    def __init__(self, inventory: Inventory, settings: MaintenanceSettings, event: Event) -> None:
        self._inventory = inventory
        self._layout = inventory.layout
        self._settings = settings
        self._unused_days = event.unused_days
        self._now_s = time.time()

    def plan(self) -> dict[str, Any]:
        """What would be removed; nothing is changed."""
        removed, skipped, paths = [], [], []
        for model in self._inventory.models():
            if self._inventory.is_preparing(model):
                skipped.append(_skipped(model))
                continue
            for step in self._steps(model):
                removed += [step.line] if step.line else []
                paths += step.paths
        return {"dry_run": True, "removed": removed, "skipped": skipped, "freed_bytes": freed_bytes(paths)}

    def execute(self, deadline: Deadline) -> dict[str, Any]:
        """Remove it, model by model."""
        trash = Trash(self._layout)
        removed, skipped = [], []
        for model in self._inventory.models():
            try:
                with hold_lease(self._layout, model):
                    removed += trash.execute(self._steps(model))
                    steps.remove_empty_folders(self._layout, model)
            except ModelInUse:
                skipped.append(_skipped(model))
        trash.move(path for path in self._layout.deliveries.glob("*") if self._age_s(path) > DELIVERY_S)
        trash.collect_earlier()
        freed = trash.delete(deadline)
        return {"dry_run": False, "removed": removed, "skipped": skipped, "freed_bytes": freed}

    def _steps(self, model: str) -> list[RemovalStep]:
        current = self._commits_in_use(model)
        artifacts = self._inventory.artifacts(model)
        to_remove = self._artifacts_to_remove(model, artifacts, current)
        remaining = {each.commit for each in artifacts if each.folder not in to_remove}
        commits = self._downloads_to_remove(model, remaining, current)
        found = [
            steps.for_artifact(each, why=to_remove[each.folder])
            for each in artifacts
            if each.folder in to_remove
        ]
        found += steps.for_downloads(self._layout, model, commits)
        if found and not remaining and commits.keys() >= {d.commit for d in self._inventory.downloads(model)}:
            return [*found, steps.for_remaining_files(self._inventory, model)]
        return found + self._left_behind(model)

    def _commits_in_use(self, model: str) -> set[str] | None:
        """Commits that functions use, ``None`` if unknown. For other models, the commits of branches."""
        known = self._settings.known_revisions(model)
        names = [self._layout.revision(model, each.revision) for each in known if not each.is_pinned]
        if not known:
            names = sorted(self._layout.state(model).glob("revision-*.json"))
        recorded = [recorded_commit(name) for name in names]
        if not all(recorded):
            return None
        commits = {each.revision for each in known if each.is_pinned} | {each for each in recorded if each}
        return commits or None

    def _artifacts_to_remove(
        self, model: str, artifacts: list[CachedArtifact], current: set[str] | None
    ) -> dict[Path, str]:
        """Folders of artifacts to remove, with the reasons."""
        to_remove: dict[Path, str] = {}
        for each in artifacts:
            if may_be_in_use(each):
                continue
            if each.version < VERSION:
                to_remove[each.folder] = f"functions use version {VERSION} of this form"
            elif current is not None and each.commit not in current:
                to_remove[each.folder] = UNUSED_COMMIT
        remaining = [each for each in artifacts if each.folder not in to_remove]
        kept = _latest_of_each_head(remaining) if self._settings.tasks_with_default(model) else set()
        for each in remaining:
            days = int((self._now_s - _used_s(each)) // DAY_S)
            if each.folder not in kept and days >= self._unused_days:
                to_remove[each.folder] = f"not loaded for {days} days"
        return to_remove

    def _downloads_to_remove(
        self, model: str, remaining: set[str], current: set[str] | None
    ) -> dict[str, str]:
        """Commits of downloads to remove, with the reasons. The download of a kept artifact stays."""
        to_remove = {}
        for each in self._inventory.downloads(model):
            age_s = self._now_s - each.changed_s
            if each.commit in remaining or age_s < LEFT_BEHIND_S:
                continue
            if current is not None and each.commit not in current:
                to_remove[each.commit] = UNUSED_COMMIT
            elif not self._settings.tasks_with_default(model) and age_s >= self._unused_days * DAY_S:
                to_remove[each.commit] = f"nothing was made of it for {int(age_s // DAY_S)} days"
        return to_remove

    def _left_behind(self, model: str) -> list[RemovalStep]:
        old = [
            each for each in self._inventory.leftovers(model) if self._now_s - each.changed_s > LEFT_BEHIND_S
        ]
        minutes = LEFT_BEHIND_S // 60
        return [steps.for_leftover(model, each, f"nobody changed it for {minutes} minutes") for each in old]

    def _age_s(self, path: Path) -> float:
        return self._now_s - changed_s(path)


def _used_s(artifact: CachedArtifact) -> float:
    return artifact.loaded_s or artifact.made_s


def _latest_of_each_head(artifacts: list[CachedArtifact]) -> set[Path]:
    """The latest artifact of each head. It stays, so that the next call needs no conversion."""
    latest: dict[str, CachedArtifact] = {}
    for each in sorted(artifacts, key=_used_s):
        latest[each.manifest.head if each.manifest else each.name] = each
    return {each.folder for each in latest.values()}


def _skipped(model: str) -> dict[str, str]:
    return {"model": model, "why": "it is being prepared"}
