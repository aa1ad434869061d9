"""``models.lock.json``: the commit of each model that this release goes with, and what its files must be.

It speaks of one Hub, and says nothing about the same names elsewhere. A model without an entry is resolved at
its first download, as the cache records it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.task import Model, Task

NAME = "models.lock.json"
IN_PACKAGE = Path(__file__).parents[1] / NAME
"""Where a wheel has it."""
PATH = IN_PACKAGE if IN_PACKAGE.is_file() else Path(__file__).parents[2] / NAME


def read(path: Path | None = None) -> dict[str, Any]:
    """The file's ``hub`` and ``models``; one that knows no model where there is no file."""
    try:
        document: dict[str, Any] = json.loads((path or PATH).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"hub": None, "models": {}}
    return document


def pinned(task: Task, hub_url: str) -> Task:
    """The task with its models at their locked commits; what an operator chose a revision of stays so."""
    entries = _entries(hub_url)
    if not entries:
        return task
    return replace(
        task,
        model=_at_commit(task.model, entries),
        alternatives=tuple(_at_commit(model, entries) for model in task.alternatives),
    )


def at_commit(model: Model, hub_url: str) -> Model:
    """One model, as :func:`pinned` has it."""
    return _at_commit(model, _entries(hub_url))


def _entries(hub_url: str) -> dict[str, dict[str, Any]]:
    document = read()
    if document["hub"] != hub_url.rstrip("/"):
        return {}
    return {name: entry for name, entry in document["models"].items() if entry}


def _at_commit(model: Model, entries: Mapping[str, dict[str, Any]]) -> Model:
    entry = entries.get(model.id)
    if entry is None or not (model.revision == "main" or entry["commit"].startswith(model.revision)):
        return model
    return replace(model, revision=entry["commit"], sha256=tuple(sorted(entry["files"].items())))
