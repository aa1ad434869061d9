"""What came through the bucket goes onto the cache: this is the only writer of artifacts there.

A delivery may come twice, late, or while another model's is at work. Bytes are served only after their
SHA-256 was compared with the manifest's, and only by one rename.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from inference.cache import last_used
from inference.cache.artifact import Artifact, DamagedArtifact
from inference.cache.files import set_aside, write_atomically
from inference.cache.lease import Lease, LeaseHolder, StillHeld
from inference.cache.publish import publish_delivered, unpublished
from inference.errors import HubletError, InternalError, ModelInUse
from inference.jobs.progress import Progress
from inference.maintenance.shown_errors import to_caller_error
from inference.prepare.backoff import Failure
from inference.relay.events import object_key
from inference.relay.records import (
    BadRecord,
    Delivery,
    MakingProgress,
    artifact_of_load,
    file_key,
    manifest_key,
    name_in,
    progress_key,
)

if TYPE_CHECKING:
    from pathlib import Path

    from inference.cache.artifact import Manifest
    from inference.cache.layout import CacheLayout
    from inference.deadline import Deadline
    from inference.relay.bucket import Bucket

BACKOFF_S = 30.0
"""Seconds that nobody asks again after a delivery that failed: a full cache stays full for a while."""


class DamagedDelivery(InternalError):
    """Files are missing, or are not what the factory made."""

    def __init__(self, model: str) -> None:
        super().__init__(f"{model} came damaged through the bucket; the next request has it made again")


class Shelf:
    """Handles the events of the bucket."""

    def __init__(self, layout: CacheLayout, bucket: Bucket) -> None:
        self._layout = layout
        self._bucket = bucket

    def answer(self, event: Any, deadline: Deadline) -> dict[str, Any]:
        """What was done, for the log."""
        key = object_key(event) or ""
        if name := name_in(key, manifest_key("*")):
            return self._deliver(name, deadline)
        if found := artifact_of_load(key):
            return {"outcome": self._mark(*found)}
        return {"outcome": "nothing for the cache"}

    def _mark(self, model: str, commit: str, artifact: str) -> str:
        folder = self._layout.artifacts(model) / commit / artifact
        if not folder.is_dir():
            return "no such artifact"
        last_used.path(self._layout, folder).touch()
        return "marked as loaded"

    def _deliver(self, name: str, deadline: Deadline) -> dict[str, Any]:
        stored = self._bucket.read(manifest_key(name))
        if stored is None:
            return {"outcome": "the delivery is gone"}
        try:
            delivery = Delivery.read(stored.body)
            delivery.check_name(name)
        except BadRecord as error:
            return {"outcome": "refused", "why": str(error)}
        try:
            outcome = self._shelve(name, delivery, deadline)
        except (HubletError, OSError) as error:
            self._tell_failure(name, error)
            raise
        ended = MakingProgress(Progress("ready"), is_ended=True)
        self._bucket.write(progress_key(name), ended.to_bytes())
        return {"outcome": outcome, "model": delivery.model, "commit": delivery.manifest.commit}

    def _shelve(self, name: str, delivery: Delivery, deadline: Deadline) -> str:
        layout, manifest = self._layout, delivery.manifest
        parent = layout.artifacts(delivery.model) / manifest.commit
        final = parent / manifest.folder_name
        state = layout.state(delivery.model)
        state.mkdir(parents=True, exist_ok=True)
        try:  # one at a time, and no removal meanwhile
            holder = Lease(state).acquire(deadline, until=lambda: None)
        except StillHeld:
            raise ModelInUse(f"{delivery.model} is being worked on; the event comes again") from None
        assert isinstance(holder, LeaseHolder)
        try:
            outcome = "there already"
            if not _is_whole(final, manifest):
                with unpublished(parent) as folder:
                    for file in manifest.files:
                        if deadline.remaining_s <= 0:
                            raise InternalError(f"{delivery.model} did not get onto the cache in time")
                        target = folder / file
                        target.parent.mkdir(parents=True, exist_ok=True)
                        if not self._bucket.download(file_key(name, delivery.making, file), target):
                            raise DamagedDelivery(delivery.model)
                    if final.exists():
                        set_aside(final)
                    _publish(folder, manifest)
                outcome = "delivered"
            self._record_commit(delivery)
        finally:
            holder.end()
        return outcome

    def _record_commit(self, delivery: Delivery) -> None:
        """What a branch is now; a delivery that comes late does not undo it."""
        if delivery.revision == delivery.manifest.commit:
            return
        note = self._layout.revision(delivery.model, delivery.revision)
        try:
            latest_s = float(json.loads(note.read_text())["resolved_s"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            latest_s = 0.0
        if delivery.resolved_s >= latest_s:
            write_atomically(note, {"commit": delivery.manifest.commit, "resolved_s": delivery.resolved_s})

    def _tell_failure(self, name: str, error: HubletError | OSError) -> None:
        """For the calls that wait."""
        shown = to_caller_error(error)
        is_damaged = isinstance(error, DamagedDelivery)
        kind = InternalError if is_damaged else type(shown)
        failure = Failure(kind.__name__, shown.message, None, BACKOFF_S, spec_key="")
        ended = MakingProgress(is_ended=True, failure=asdict(failure), is_damaged=is_damaged)
        self._bucket.write(progress_key(name), ended.to_bytes())


def _publish(folder: Path, manifest: Manifest) -> None:
    try:
        publish_delivered(folder, manifest)
    except DamagedArtifact:
        raise DamagedDelivery(manifest.model) from None


def _is_whole(folder: Path, manifest: Manifest) -> bool:
    """Whether every byte is what the factory made; reads all of it, since it was asked for again.

    The cache's own manifest is not asked: whoever rewrote the files may have rewritten that too.
    """
    try:
        there = Artifact.open(folder)
        return there.manifest == manifest and there.damaged_file() is None
    except (DamagedArtifact, FileNotFoundError):
        return False
