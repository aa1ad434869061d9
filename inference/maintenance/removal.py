"""``remove``: remove a model, or one of its commits or artifacts, from the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.maintenance import steps
from inference.maintenance.in_use import hold_lease, refuse_if_in_use
from inference.maintenance.trash import Trash

if TYPE_CHECKING:
    from inference.deadline import Deadline
    from inference.maintenance.event import Event
    from inference.maintenance.inventory import CachedArtifact, Inventory
    from inference.maintenance.steps import RemovalStep


def remove(inventory: Inventory, event: Event, deadline: Deadline) -> dict[str, Any]:
    """Handle a checked event; it is no error if nothing is found."""
    trash = Trash(inventory.layout)
    removed = []
    if model := next((each for each in inventory.models() if each == event.model), None):
        chosen = [each for each in inventory.artifacts(model) if _is_chosen(each, event)]
        with hold_lease(inventory.layout, model, force=event.force) as is_alone:
            if not event.force:
                refuse_if_in_use(chosen)
            removed = trash.execute(_steps(inventory, model, chosen, event))
            if is_alone:
                steps.remove_empty_folders(inventory.layout, model)
    return {"removed": removed, "freed_bytes": trash.delete(deadline)}


def _is_chosen(artifact: CachedArtifact, event: Event) -> bool:
    return event.commit in (None, artifact.commit) and event.artifact in (None, artifact.name)


def _steps(inventory: Inventory, model: str, chosen: list[CachedArtifact], event: Event) -> list[RemovalStep]:
    found = [steps.for_artifact(each) for each in chosen]
    if event.artifact is None:
        commits = [each.commit for each in inventory.downloads(model) if event.commit in (None, each.commit)]
        found += steps.for_downloads(inventory.layout, model, dict.fromkeys(commits))
        if event.commit is None:
            found.append(steps.for_remaining_files(inventory, model))
    return found
