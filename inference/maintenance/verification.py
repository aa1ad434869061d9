"""``verify``: every byte of every file against the hash that it was published or listed with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.artifact import Artifact, DamagedArtifact
from inference.cache_files import set_aside
from inference.errors import ModelInUse
from inference.hashes import hashes
from inference.maintenance import downloads
from inference.maintenance.in_use import nobody_preparing
from inference.maintenance.trash import Trash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.deadline import Deadline
    from inference.maintenance.event import Event
    from inference.maintenance.inventory import CachedArtifact, Inventory

REPAIR_MARGIN_S = 5.0
"""Kept back for putting aside what was found."""


class OutOfTime(Exception):
    """In the middle of a file."""


@dataclass(frozen=True)
class Check:
    """One thing to look at: an artifact, or a blob of a download."""

    model: str
    subject: CachedArtifact | Path
    line: dict[str, str]
    """How the answer names it."""

    @property
    def key(self) -> str:
        """Where ``next`` goes on; only ever compared with other keys."""
        return "/".join(self.line.values())


def verify(inventory: Inventory, event: Event, deadline: Deadline) -> dict[str, Any]:
    """Answer a checked event: what was looked at before the deadline, and where to go on."""
    answer: dict[str, Any] = {"checked": 0, "checked_bytes": 0, "damaged": [], "skipped": []}
    trash = Trash(inventory.layout)
    for check in sorted(_checks(inventory, event.model), key=lambda check: check.key):
        if event.next and check.key < event.next:
            continue
        try:
            problem = _look(check, deadline, answer)
        except OutOfTime:
            if answer["checked"] or answer["skipped"]:
                answer["next"] = check.key
                break
            # Alone it takes longer than this function may run: the next call must not meet it again.
            answer["skipped"].append({**check.line, "why": "one call has not enough time for it"})
            continue
        if problem:
            repaired = event.repair and _repair(inventory, check, trash)
            answer["damaged"].append({**check.line, "problem": problem, "repaired": repaired})
    answer["freed_bytes"] = trash.empty(deadline)
    return answer


def _checks(inventory: Inventory, only: str | None) -> Iterator[Check]:
    for model in inventory.models():
        if only not in (None, model):
            continue
        for artifact in inventory.artifacts(model):
            line = {"model": model, "commit": artifact.commit, "artifact": artifact.name}
            yield Check(model, artifact, line)
        for blob in downloads.blobs(inventory.layout.download(model)):
            yield Check(model, blob, {"model": model, "download": blob.name})


def _look(check: Check, deadline: Deadline, answer: dict[str, Any]) -> str | None:
    """What is wrong, if anything; counts what it read."""
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
        name = Artifact.open(artifact.folder).damaged_file(_clock(deadline))
        return f"{name} is not what its hash says" if name else None
    except (DamagedArtifact, KeyError) as damage:
        return str(damage)
    except OSError as error:
        return f"a file cannot be read: {error.strerror}"


def _blob_problem(blob: Path, deadline: Deadline) -> str | None:
    try:
        return None if blob.name in hashes(blob, _clock(deadline)) else "it is not what the Hub listed"
    except FileNotFoundError:
        return None  # removed while we looked
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _clock(deadline: Deadline) -> Callable[[], None]:
    """Ends a reading that would leave no time to repair."""

    def look() -> None:
        if deadline.remaining_s < REPAIR_MARGIN_S:
            raise OutOfTime

    return look


def _repair(inventory: Inventory, check: Check, trash: Trash) -> bool:
    """Out of the way, so that the next call makes it again; not while somebody is at it."""
    try:
        with nobody_preparing(inventory.layout, check.model):
            if isinstance(check.subject, Path):
                trash.take(downloads.without(inventory.layout.download(check.model), check.subject))
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
