"""``GET /``: what a function is, and how to call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.fields import describe
from inference.http.routes import routes

if TYPE_CHECKING:
    from inference.cache.artifact import Manifest
    from inference.task import Task


UNFILTERED = (
    "Stable Diffusion's safety checker is left out: nothing filters the pictures, so filter them yourself "
    "before you show them to others."
)


def function(task: Task, manifest: Manifest | None) -> dict[str, Any]:
    """The task's declaration, and what its model became where that is ready."""
    return {
        "function": task.function_name,
        "task": task.pipeline_tag,
        "summary": task.summary,
        "model": task.model.id,
        "revision": manifest.commit if manifest else task.model.revision,
        "pinned": task.model.pin,
        "engine": manifest and manifest.engine,
        "precision": manifest and manifest.precision,
        "reason": manifest and manifest.reason,
        "drift": manifest and manifest.drift,
        "rejected": manifest and manifest.rejected,
        "size_bytes": manifest and manifest.size_bytes,
        "notes": [UNFILTERED] if task.kind.paints else [],
        "alternatives": [model.id for model in task.alternatives],
        "routes": routes(task),
        "inputs": describe(task.inputs),
        "parameters": [describe(field) for field in task.parameters],
        "examples": [{"title": example.title, "body": example.body} for example in task.examples],
    }
