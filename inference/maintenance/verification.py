"""``verify``: compare the hash of every file with the published one, or with the Hub's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.cache import config_keys
from inference.cache.artifact import Artifact, DamagedArtifact
from inference.cache.files import set_aside
from inference.cache.hashes import hashes
from inference.errors import ModelInUse
from inference.maintenance import downloads
from inference.maintenance.in_use import hold_lease
from inference.maintenance.trash import Trash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.deadline import Deadline
    from inference.maintenance.event import Event
    from inference.maintenance.inventory import CachedArtifact, Inventory

REPAIR_MARGIN_S = 5.0
"""Time reserved for moving damaged files away."""


class TimeOver(Exception):
    """The time was over before a file was read to its end."""


@dataclass(frozen=True)
class Check:
    """An artifact or a blob to verify."""

    model: str
    subject: CachedArtifact | Path
    line: dict[str, str]
    """Its names in the answer."""

    @property
    def key(self) -> str:
        """Position for ``next``; it is only compared with other keys."""
        return "/".join(self.line.values())


def verify(inventory: Inventory, event: Event, deadline: Deadline) -> dict[str, Any]:
    """Handle a checked event: the results until the deadline, and where to continue."""
    answer: dict[str, Any] = {"checked": 0, "checked_bytes": 0, "damaged": [], "skipped": []}
    trash = Trash(inventory.layout)
    for check in sorted(_list_checks(inventory, event.model), key=lambda check: check.key):
        if event.next and check.key < event.next:
            continue
        try:
            problem = _check(check, deadline, answer)
        except TimeOver:
            if answer["checked"] or answer["skipped"]:
                answer["next"] = check.key
                break
            # One call is too short for this file alone. The next call must not try it again.
            answer["skipped"].append({**check.line, "why": "one call has not enough time for it"})
            continue
        if problem:
            repaired = event.repair and _repair(inventory, check, trash)
            answer["damaged"].append({**check.line, "problem": problem, "repaired": repaired})
    answer["freed_bytes"] = trash.delete(deadline)
    return answer


def _list_checks(inventory: Inventory, only: str | None) -> Iterator[Check]:
    for model in inventory.models():
        if only not in (None, model):
            continue
        for artifact in inventory.artifacts(model):
            line = {"model": model, "commit": artifact.commit, "artifact": artifact.name}
            yield Check(model, artifact, line)
        for blob in downloads.blobs(inventory.layout.download(model)):
            yield Check(model, blob, {"model": model, "download": blob.name})


def _check(check: Check, deadline: Deadline, answer: dict[str, Any]) -> str | None:
    """The problem found, or ``None``; adds to the counts in ``answer``."""
    if not isinstance(check.subject, Path):
        artifact = check.subject
        if artifact.state == "other version":
            answer["skipped"].append({**check.line, "why": "its form is of another release"})
            return None
        problem = _artifact_problem(artifact, deadline)
        answer["checked_bytes"] += artifact.size_bytes
    else:
        problem = _blob_problem(check.subject, deadline)
        answer["checked_bytes"] += _size(check.subject)
    answer["checked"] += 1
    return problem


def _artifact_problem(artifact: CachedArtifact, deadline: Deadline) -> str | None:
    try:
        opened = Artifact.open(artifact.folder)
        opened.check_place()
        config_keys.check(opened)
        name = opened.damaged_file(_time_check(deadline))
        return f"{name} is not what its hash says" if name else None
    except (DamagedArtifact, KeyError) as damage:
        return str(damage)
    except OSError as error:
        return f"a file cannot be read: {error.strerror}"


def _blob_problem(blob: Path, deadline: Deadline) -> str | None:
    try:
        return None if blob.name in hashes(blob, _time_check(deadline)) else "it is not what the Hub listed"
    except FileNotFoundError:
        return None  # removed while we looked
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _time_check(deadline: Deadline) -> Callable[[], None]:
    """A callback that ends the reading of a file in time for repairs."""

    def look() -> None:
        if deadline.remaining_s < REPAIR_MARGIN_S:
            raise TimeOver

    return look


def _repair(inventory: Inventory, check: Check, trash: Trash) -> bool:
    """Move the damaged file away, so that the next call makes it again; ``False`` if the model is in use."""
    try:
        with hold_lease(inventory.layout, check.model):
            if isinstance(check.subject, Path):
                trash.move(
                    downloads.find_blob_and_links(inventory.layout.download(check.model), check.subject)
                )
            else:
                set_aside(check.subject.folder)
        return True
    except ModelInUse:
        return False


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
