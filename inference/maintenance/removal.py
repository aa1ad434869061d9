"""``remove``: a model, or one commit or artifact of it, leaves the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.maintenance import steps
from inference.maintenance.in_use import nobody_preparing, refuse_recent
from inference.maintenance.trash import Trash

if TYPE_CHECKING:
    from inference.deadline import Deadline
    from inference.maintenance.event import Event
    from inference.maintenance.inventory import CachedArtifact, Inventory
    from inference.maintenance.steps import Step


def remove(inventory: Inventory, event: Event, deadline: Deadline) -> dict[str, Any]:
    """Answer a checked event; what is not there is no mistake."""
    trash = Trash(inventory.layout)
    removed = []
    if model := next((each for each in inventory.models() if each == event.model), None):
        chosen = [each for each in inventory.artifacts(model) if _is_chosen(each, event)]
        with nobody_preparing(inventory.layout, model, force=event.force) as is_alone:
            if not event.force:
                refuse_recent(chosen)
            removed = trash.carry_out(_steps(inventory, model, chosen, event))
            if is_alone:
                steps.tidy(inventory.layout, model)
    return {"removed": removed, "freed_bytes": trash.empty(deadline)}


def _is_chosen(artifact: CachedArtifact, event: Event) -> bool:
    return event.commit in (None, artifact.commit) and event.artifact in (None, artifact.name)


def _steps(inventory: Inventory, model: str, chosen: list[CachedArtifact], event: Event) -> list[Step]:
    found = [steps.artifact(each) for each in chosen]
    if event.artifact is None:
        commits = [each.commit for each in inventory.downloads(model) if event.commit in (None, each.commit)]
        found += steps.downloads(inventory.layout, model, dict.fromkeys(commits))
        if event.commit is None:
            found.append(steps.rest(inventory, model))
    return found
