"""``GET /v1/models`` and ``GET /v1/models/<id>``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import NotFound, printable
from inference.http.response import Answer

if TYPE_CHECKING:
    from inference.task import Task


def show_all(task: Task) -> Answer:
    """The default model first, then the others that a request may name."""
    return Answer(
        {"object": "list", "data": [_entry(model.id) for model in (task.model, *task.alternatives)]}
    )


def show(task: Task, name: str) -> Answer:
    """One of them."""
    if name not in {model.id for model in (task.model, *task.alternatives)}:
        raise NotFound(f"no model {printable(name)} here; GET /v1/models lists them")
    return Answer(_entry(name))


def _entry(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": name.split("/")[0]}
