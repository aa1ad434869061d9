"""``GET /info``: what TEI's clients ask of a server; what is not known before the model is, is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference import fields

if TYPE_CHECKING:
    from inference.cache.artifact import Manifest
    from inference.task import Task

MODEL_TYPES = {
    "feature-extraction": "embedding",
    "sentence-similarity": "embedding",
    "text-classification": "classifier",
    "text-ranking": "reranker",
}


def show(task: Task, manifest: Manifest | None) -> dict[str, Any]:
    """Names as in TEI's ``Info``; the precision, such as ``int8``, stands for its ``model_dtype``."""
    return {
        "model_id": task.model.id,
        "model_sha": manifest.commit if manifest else None,
        "model_dtype": manifest.precision if manifest else None,
        "model_type": {MODEL_TYPES[task.pipeline_tag]: {}},
        "max_concurrent_requests": 1,
        "max_client_batch_size": _most_texts(task),
        "auto_truncate": True,
    }


def _most_texts(task: Task) -> int:
    """That one call may carry."""
    several = (fields.Items, fields.Words)
    lists = [part for part in getattr(task.item, "parts", ()) if isinstance(part, several)]
    found = lists or ([task.inputs] if isinstance(task.inputs, several) else [])
    return max(each.max_items for each in found)
