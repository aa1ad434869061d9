"""``prune``: what no function uses leaves the cache; of each model in use, one set stays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from inference.artifact import VERSION
from inference.cache_files import recorded_commit
from inference.errors import ModelInUse
from inference.leftovers import LEFT_BEHIND_S, changed_s
from inference.maintenance import steps
from inference.maintenance.disk import freed_bytes
from inference.maintenance.in_use import is_recent, nobody_preparing
from inference.maintenance.trash import Trash

if TYPE_CHECKING:
    from pathlib import Path

    from inference.deadline import Deadline
    from inference.maintenance.event import Event
    from inference.maintenance.inventory import CachedArtifact, Inventory
    from inference.maintenance.settings import MaintenanceSettings
    from inference.maintenance.steps import Step

DAY_S = 86_400
DELIVERY_S = DAY_S
"""Lambda keeps an event for six hours at most, so none comes again after this."""
OLD_COMMIT = "no function uses this commit"


class Pruning:
    """One ``prune`` event, model by model."""

    def __init__(self, inventory: Inventory, settings: MaintenanceSettings, event: Event) -> None:
        self._inventory = inventory
        self._layout = inventory.layout
        self._settings = settings
        self._unused_days = event.unused_days
        self._now_s = time.time()

    def told(self) -> dict[str, Any]:
        """What would go; nothing is touched."""
        removed, skipped, paths = [], [], []
        for model in self._inventory.models():
            if self._inventory.is_preparing(model):
                skipped.append(_skipped(model))
                continue
            for step in self._steps(model):
                removed += [step.line] if step.line else []
                paths += step.paths
        return {"dry_run": True, "removed": removed, "skipped": skipped, "freed_bytes": freed_bytes(paths)}

    def done(self, deadline: Deadline) -> dict[str, Any]:
        """Take it away."""
        trash = Trash(self._layout)
        removed, skipped = [], []
        for model in self._inventory.models():
            try:
                with nobody_preparing(self._layout, model):
                    removed += trash.carry_out(self._steps(model))
                    steps.tidy(self._layout, model)
            except ModelInUse:
                skipped.append(_skipped(model))
        trash.take(path for path in self._layout.deliveries.glob("*") if self._age_s(path) > DELIVERY_S)
        trash.take_old()
        freed = trash.empty(deadline)
        return {"dry_run": False, "removed": removed, "skipped": skipped, "freed_bytes": freed}

    def _steps(self, model: str) -> list[Step]:
        current = self._current(model)
        artifacts = self._inventory.artifacts(model)
        doomed = self._doomed(model, artifacts, current)
        standing = {each.commit for each in artifacts if each.folder not in doomed}
        commits = self._doomed_downloads(model, standing, current)
        found = [steps.artifact(each, why=doomed[each.folder]) for each in artifacts if each.folder in doomed]
        found += steps.downloads(self._layout, model, commits)
        if found and not standing and commits.keys() >= {d.commit for d in self._inventory.downloads(model)}:
            return [*found, steps.rest(self._inventory, model)]
        return found + self._left_behind(model)

    def _current(self, model: str) -> set[str] | None:
        """Commits that functions use; of a model that none knows, what branches were; ``None``: unknown."""
        known = self._settings.known(model)
        names = [self._layout.revision(model, each.revision) for each in known if not each.is_pinned]
        if not known:
            names = sorted(self._layout.state(model).glob("revision-*.json"))
        recorded = [recorded_commit(name) for name in names]
        if not all(recorded):
            return None
        commits = {each.revision for each in known if each.is_pinned} | {each for each in recorded if each}
        return commits or None

    def _doomed(
        self, model: str, artifacts: list[CachedArtifact], current: set[str] | None
    ) -> dict[Path, str]:
        """Folder -> why it goes."""
        doomed: dict[Path, str] = {}
        for each in artifacts:
            if is_recent(each):
                continue
            if each.version < VERSION:
                doomed[each.folder] = f"functions use version {VERSION} of this form"
            elif current is not None and each.commit not in current:
                doomed[each.folder] = OLD_COMMIT
        standing = [each for each in artifacts if each.folder not in doomed]
        kept = _one_of_each(standing) if self._settings.defaults(model) else set()
        for each in standing:
            days = int((self._now_s - _used_s(each)) // DAY_S)
            if each.folder not in kept and days >= self._unused_days:
                doomed[each.folder] = f"not loaded for {days} days"
        return doomed

    def _doomed_downloads(self, model: str, standing: set[str], current: set[str] | None) -> dict[str, str]:
        """Commit -> why its download goes; where an artifact stays, so does what it was made from."""
        doomed = {}
        for each in self._inventory.downloads(model):
            age_s = self._now_s - each.changed_s
            if each.commit in standing or age_s < LEFT_BEHIND_S:
                continue
            if current is not None and each.commit not in current:
                doomed[each.commit] = OLD_COMMIT
            elif not self._settings.defaults(model) and age_s >= self._unused_days * DAY_S:
                doomed[each.commit] = f"nothing was made of it for {int(age_s // DAY_S)} days"
        return doomed

    def _left_behind(self, model: str) -> list[Step]:
        old = [
            each for each in self._inventory.leftovers(model) if self._now_s - each.changed_s > LEFT_BEHIND_S
        ]
        minutes = LEFT_BEHIND_S // 60
        return [steps.leftover(model, each, f"nobody changed it for {minutes} minutes") for each in old]

    def _age_s(self, path: Path) -> float:
        return self._now_s - changed_s(path)


def _used_s(artifact: CachedArtifact) -> float:
    return artifact.loaded_s or artifact.made_s


def _one_of_each(artifacts: list[CachedArtifact]) -> set[Path]:
    """For each purpose the artifact that was used last: the next call must not wait for a conversion."""
    latest: dict[str, CachedArtifact] = {}
    for each in sorted(artifacts, key=_used_s):
        latest[each.manifest.head if each.manifest else each.name] = each
    return {each.folder for each in latest.values()}


def _skipped(model: str) -> dict[str, str]:
    return {"model": model, "why": "it is being prepared"}
