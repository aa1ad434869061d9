"""What is on the cache: finding a ready artifact, and getting a missing one made, one process at a time."""

from __future__ import annotations

import errno
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from inference import cache_errors, load_marks
from inference.artifact import SUFFIX, Artifact, DamagedArtifact
from inference.cache_files import recorded_commit, set_aside
from inference.cache_layout import CacheLayout
from inference.engines.choose import head_of
from inference.errors import InternalError
from inference.failure import Failure
from inference.lease import STALE_S, Lease
from inference.preparation import CHILD_ENVIRONMENT, Failed, Preparation, Superseded, described, not_ready
from inference.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from inference.deadline import Deadline
    from inference.hub_token import HubToken
    from inference.lease import Held, Turn
    from inference.preparation import Report
    from inference.task import Model

POLL_S = 0.25
"""How often a waiter looks: three small operations of the file server's."""


@dataclass(frozen=True)
class Purpose:
    """What models are prepared for, in this function."""

    pipeline_tag: str
    examples: tuple[Any, ...]
    """Inputs that the proof runs besides the built-in texts."""
    precision: str
    threads: int
    memory_mb: int
    task: str = "<task>"
    """In front of the names of its settings, such as ``<task>.memory``."""

    def accepts(self, artifact: Artifact) -> bool:
        """Whether a ready artifact is what this function would have made."""
        manifest = artifact.manifest
        return manifest.head == head_of(self.pipeline_tag) and manifest.asked == self.precision


class ModelFiles:
    """The cache under one mount; safe to use from many processes on many machines at once."""

    def __init__(
        self,
        root: Path,
        hub_url: str,
        environment: Mapping[str, str],
        purpose: Purpose,
        token: HubToken | None = None,
        stale_s: float = STALE_S,
    ) -> None:
        self._layout = CacheLayout(root)
        self._hub_url = hub_url
        self._purpose = purpose
        self._token = token
        self._environment = {**environment, **CHILD_ENVIRONMENT}
        self._stale_s = stale_s

    def find(self, model: Model) -> Artifact | None:
        """The ready artifact, or ``None``; touches neither the network nor the Hub library.

        Raises :class:`InternalError` where the cache cannot be read, which says nothing of what is on it.
        """
        try:
            try:
                return self._find(model)
            except OSError as error:
                if error.errno not in (errno.ESTALE, errno.ENOENT):
                    raise
                return self._find(model)  # another machine renamed what we looked at: names lead to the new
        except OSError as error:
            raise cache_errors.unreadable(error) from error

    def _find(self, model: Model) -> Artifact | None:
        commit = self._commit(model)
        folder = self._layout.artifacts(model.id) / commit if commit else None
        if folder is None or not folder.is_dir():
            return None
        # The fast engines' names sort before "transformers", what a conversion that failed fell back to.
        for candidate in sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX)):
            try:
                opened = Artifact.open(candidate)
            except DamagedArtifact:
                set_aside(candidate)
                continue
            if self._purpose.accepts(opened):
                return opened
        return None

    def set_aside_if_damaged(self, artifact: Artifact) -> bool:
        """For one that could not be loaded: reads all of it; ``fetch`` makes a damaged one again."""
        try:
            is_damaged = artifact.damaged_file() is not None
        except FileNotFoundError:
            return True  # another environment was first
        except OSError:
            return False  # nothing is known of files that cannot be read
        if is_damaged:
            set_aside(artifact.folder)
        return is_damaged

    def state(self, model: Model) -> str:
        """``ready``, ``preparing`` or ``cold``."""
        if self.find(model):
            return "ready"
        lease = self._lease(model)
        return "preparing" if lease.is_live(lease.latest()) else "cold"

    def mark_loaded(self, artifact: Artifact) -> None:
        """Tell whoever cleans up that this artifact is in use; the caller does not wait for it."""
        load_marks.leave(self._layout, artifact.folder)

    def progress(self, model: Model) -> Progress:
        """What the process that prepares this model reported last."""
        try:
            turn = self._lease(model).latest()
            return Progress(**turn.note["progress"]) if turn else Progress()
        except (OSError, KeyError, TypeError):
            return Progress()

    def fetch(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        """Get the artifact made, here or by waiting for whoever makes it now, before the deadline."""
        try:
            try:
                return self._fetch(model, deadline, report)
            except OSError as error:
                if error.errno != errno.ESTALE:
                    raise
                return self._fetch(model, deadline, report)
        except OSError as error:
            root, memory_mb = self._layout.root, self._purpose.memory_mb
            raise cache_errors.explain(error, model.id, root, memory_mb) from error

    def _fetch(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        self._layout.state(model.id).mkdir(parents=True, exist_ok=True)
        lease = self._lease(model)
        awaited: int | None = None
        while True:
            if found := self.find(model):
                return found
            turn = lease.latest()
            if lease.is_live(turn):
                awaited = turn.token if turn else None
            else:
                before = self._failure(lease, model, turn, awaited, deadline)
                if held := lease.try_take(turn):
                    with suppress(Superseded), self._turn(held):  # superseded: now we are who waits
                        return self.find(model) or self._make(model, held, before, deadline, report)
            if deadline.remaining_s <= POLL_S:
                raise not_ready(self.progress(model))
            time.sleep(POLL_S)

    def _failure(
        self, lease: Lease, model: Model, turn: Turn | None, awaited: int | None, deadline: Deadline
    ) -> Failure | None:
        """How the last turn failed; raises its error again for those who waited, and while it holds."""
        failure = Failure.read(turn.note, described(self._purpose, model)) if turn else None
        if turn is None or failure is None:
            return None
        rest_s = turn.beat_s + failure.hold_s - lease.now_s()
        if (rest_s > 0 or turn.token == awaited) and failure.concerns(deadline.remaining_s):
            raise failure.error(rest_s)
        return failure

    @contextmanager
    def _turn(self, held: Held) -> Iterator[None]:
        """Free our turn, however it ends; what others need to know of a failure stays in its file."""
        try:
            yield
        except Failed as failed:
            held.end(failure=asdict(failed.why) if failed.why else None)
            raise failed.error from failed.__cause__
        except BaseException:
            held.end()
            raise
        held.end()

    def _make(
        self, model: Model, held: Held, before: Failure | None, deadline: Deadline, report: Report
    ) -> Artifact:
        failures = before.count if before else 0
        Preparation(
            self._layout,
            self._hub_url,
            self._environment,
            self._purpose,
            self._token,
            model,
            held,
            deadline,
            report,
            failures,
        ).make()
        found = self.find(model)
        if found is None:
            raise InternalError("the model was prepared but cannot be read on the cache")
        return found

    def _lease(self, model: Model) -> Lease:
        return Lease(self._layout.state(model.id), self._stale_s)

    def _commit(self, model: Model) -> str | None:
        if model.is_pinned:
            return model.revision
        return recorded_commit(self._layout.revision(model.id, model.revision))
