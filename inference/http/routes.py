"""Path and method -> what the service does; routes of other servers exist for the tasks that they fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from inference.errors import MethodNotAllowed, NotFound
from inference.task_kinds import MODERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inference.task import Task

T = TypeVar("T")
MODELS = "/v1/models"


def is_openai(path: Any) -> bool:
    """Whether a path is one that OpenAI's clients ask for."""
    return isinstance(path, str) and path.startswith("/v1/")


def routes(task: Task) -> dict[str, dict[str, str]]:
    """Path -> method -> action, all that a function of this task answers."""
    found = {
        "/": {"GET": "describe", "POST": "infer"},
        "/health": {"GET": "health"},
        "/openapi.json": {"GET": "openapi"},
    }
    special = dict(task.kind.routes)
    if task.flagged_labels:
        special[MODERATIONS] = ("POST", "moderate")
    if any(map(is_openai, special)):
        found[MODELS] = {"GET": "models"}
    return found | {path: {method: action} for path, (method, action) in special.items()}


def find(task: Task, method: str, path: str, actions: Mapping[str, Callable[[], T]]) -> Callable[[], T]:
    """The action for a request; ``HEAD`` and unknown names get a clear error."""
    known = routes(task)
    if MODELS in known and path.startswith(f"{MODELS}/"):
        path = MODELS
    if path in task.kind.refused and path not in known:
        raise NotFound(f"{path}: {task.kind.refused[path]}")
    if path not in known:
        raise NotFound(f"no such route; known: {', '.join(known)}")
    if method not in known[path]:
        raise MethodNotAllowed(list(known[path]))
    return actions[known[path][method]]
