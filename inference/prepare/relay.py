"""The strategy ``relay``: ask for the model in the bucket, and wait until it stands on the cache.

Nothing here reaches the Hub or writes the cache. docs/decisions/0007-relay.md has the whole way.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from inference.cache import last_used
from inference.cache.store import ModelStore
from inference.jobs.progress import Progress
from inference.prepare.backoff import Failure
from inference.prepare.preparation import not_ready
from inference.relay.bucket import Bucket, RelayUnreachable
from inference.relay.records import (
    MakingProgress,
    ModelRequest,
    load_key,
    name_of,
    progress_key,
    request_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.cache.artifact import Artifact
    from inference.deadline import Deadline
    from inference.prepare.preparation import Report
    from inference.prepare.spec import ArtifactSpec
    from inference.relay.bucket import Stored
    from inference.task import Model

LOOK_S = 0.25
"""How often the cache is looked at."""
ASK_PROGRESS_S = 1.0
"""How often the bucket is; 1,000 of these cost less than a thousandth of a dollar."""
STALE_S = 90.0
"""Progress that is older was left by a factory that ended half-way, or its delivery was lost."""
ASK_AGAIN_S = 75.0
"""EventBridge sometimes takes a minute (S3 user guide, "Using EventBridge"); then a request was lost."""
SETTLES_S = 10.0
"""After a delivery the file system may show the old folder for some seconds."""
MARK_EVERY_S = 24 * 3600.0


class RelayProvider:
    """Find the artifact, else ask for it and wait."""

    def __init__(self, root: Path, bucket: Bucket, spec: ArtifactSpec) -> None:
        self.store: ModelStore = _ReadOnlyStore(root, spec, bucket)
        self._bucket = bucket
        self._spec = spec

    def fetch(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        """As :class:`inference.prepare.provider.Provider` says."""
        name = self._name(model)
        told, looks_at_s, look = Progress(), 0.0, None
        while True:
            if found := self.store.find(model):
                return found
            if look is None and time.monotonic() >= looks_at_s:
                looks_at_s = time.monotonic() + ASK_PROGRESS_S
                look = _Aside(lambda: self._look(name, model, deadline))
            if look and look.is_done:
                latest, look = look.result(), None
                if latest != told:
                    told = latest
                    report(asdict(told))
            if deadline.remaining_s <= LOOK_S:
                raise not_ready(told)
            time.sleep(LOOK_S)

    def state(self, model: Model) -> str:
        """``ready``, ``preparing`` or ``cold``."""
        if self.store.find(model):
            return "ready"
        stored = self._bucket.read(progress_key(self._name(model)))
        if stored is None or stored.age_s > STALE_S:
            return "cold"
        return "cold" if MakingProgress.read(stored.body).failure else "preparing"

    def progress(self, model: Model) -> Progress:
        """What the factory or the cache function reported last."""
        stored = self._bucket.read(progress_key(self._name(model)))
        return MakingProgress.read(stored.body).progress if stored else Progress()

    def _name(self, model: Model) -> str:
        return name_of(model, self._spec.pipeline_tag, self._spec.precision)

    def _look(self, name: str, model: Model, deadline: Deadline) -> Progress:
        """How far it is; asks where nobody is at it, and raises the failure that others already met."""
        stored = self._bucket.read(progress_key(name))
        if stored is None:
            self._ask(name, model, None)
            return Progress()
        making = MakingProgress.read(stored.body)
        if making.failure is not None:
            self._raise_failure(making.failure, stored.age_s, deadline)
            self._ask(name, model, stored)
        elif stored.age_s > (SETTLES_S if making.is_ended else STALE_S):
            self._ask(name, model, stored)
        return making.progress

    def _raise_failure(self, note: dict[str, object], age_s: float, deadline: Deadline) -> None:
        failure = Failure.read({"failure": note}, "")
        if failure and failure.backoff_s > age_s and failure.concerns(deadline.remaining_s):
            raise failure.error(failure.backoff_s - age_s)

    def _ask(self, name: str, model: Model, after: Stored | None) -> None:
        """Unless a request is on its way that the factory has not answered."""
        waiting = self._bucket.read(request_key(name))
        is_unanswered = waiting is not None and (after is None or waiting.written_s > after.written_s)
        if waiting and is_unanswered and waiting.age_s < ASK_AGAIN_S:
            return
        spec = self._spec
        request = ModelRequest.of(model, task=spec.task, precision=spec.precision, threads=spec.threads)
        self._bucket.write(request_key(name), request.to_bytes())


class _Aside:
    """A look at the bucket on a thread of its own, so that a call ends in time if no answer comes."""

    def __init__(self, look: Callable[[], Progress]) -> None:
        self._look = look
        self._found: Progress | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="look", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def result(self) -> Progress:
        """What was found; raises what the look raised."""
        if self._error:
            raise self._error
        return self._found or Progress()

    def _run(self) -> None:
        try:
            self._found = self._look()
        except Exception as error:
            self._error = error


class _ReadOnlyStore(ModelStore):
    """The cache as a function sees it that may not write: its marks go through the bucket."""

    def __init__(self, root: Path, spec: ArtifactSpec, bucket: Bucket) -> None:
        super().__init__(root, spec.accepts)
        self._bucket = bucket

    def mark_loaded(self, artifact: Artifact) -> None:
        """Once a day is enough: what is removed was not loaded for much longer."""
        seen_s = last_used.seen_s(self.layout, artifact.folder)
        if seen_s is None or time.time() - seen_s > MARK_EVERY_S:
            threading.Thread(target=self._tell, args=(artifact,), name="mark", daemon=True).start()

    def _tell(self, artifact: Artifact) -> None:
        manifest = artifact.manifest
        with suppress(RelayUnreachable):  # the next load tells it
            self._bucket.write(load_key(manifest.model, manifest.commit, artifact.folder.name), b"")
