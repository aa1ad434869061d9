"""``list``: the models on the cache, and their sizes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from inference.cache.disk import free_bytes
from inference.maintenance.disk import tree_bytes

if TYPE_CHECKING:
    from inference.maintenance.inventory import CachedArtifact, Inventory
    from inference.maintenance.settings import MaintenanceSettings


def list_models(inventory: Inventory, settings: MaintenanceSettings, only: str | None) -> dict[str, Any]:
    """The answer to ``list``; a file with several hard links counts once."""
    shown = [_model(inventory, settings, model) for model in inventory.models() if only in (None, model)]
    layout = inventory.layout
    return {
        "models": [each for each in shown if each["commits"] or each["leftovers"] or each["preparing"]],
        "size_bytes": tree_bytes(layout.hub, layout.root / "artifacts", layout.trash),
        "free_bytes": free_bytes(layout.root),
    }


def _model(inventory: Inventory, settings: MaintenanceSettings, model: str) -> dict[str, Any]:
    layout = inventory.layout
    artifacts, downloads = inventory.artifacts(model), inventory.downloads(model)
    commits = sorted({each.commit for each in artifacts} | {each.commit for each in downloads})
    return {
        "model": model,
        "used_by": sorted({task.function_name for task in settings.tasks_with_default(model)}),
        "preparing": inventory.is_preparing(model),
        "size_bytes": tree_bytes(layout.download(model), layout.artifacts(model)),
        "commits": [
            {
                "commit": commit,
                "downloads": [
                    {"size_bytes": each.size_bytes, "complete": each.is_complete}
                    for each in downloads
                    if each.commit == commit
                ],
                "artifacts": [_artifact(each) for each in artifacts if each.commit == commit],
            }
            for commit in commits
        ],
        "leftovers": [
            {"kind": each.kind, "size_bytes": tree_bytes(each.path), "changed": _time(each.changed_s)}
            for each in inventory.leftovers(model)
        ],
    }


def _artifact(artifact: CachedArtifact) -> dict[str, Any]:
    manifest = artifact.manifest
    return {
        "artifact": artifact.name,
        "form": f"{manifest.engine} {manifest.head}" if manifest else None,
        "precision": manifest.precision if manifest else None,
        "state": artifact.state,
        "size_bytes": artifact.size_bytes,
        "made": _time(artifact.made_s),
        "loaded": _time(artifact.loaded_s),
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
