"""The strategy ``direct``: this function downloads and converts what it misses, one process at a time."""

from __future__ import annotations

import errno
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING

from inference.cache import errors as cache_errors
from inference.cache.artifact import Artifact
from inference.cache.lease import STALE_S, StillHeld
from inference.cache.store import ModelStore
from inference.errors import InternalError
from inference.jobs.refused import LeaseLost
from inference.prepare.backoff import Failure
from inference.prepare.preparation import CHILD_ENVIRONMENT, Failed, HubAccess, Preparation, not_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from inference.cache.lease import Lease, LeaseHolder, LeaseRecord
    from inference.deadline import Deadline
    from inference.hub.token import HubToken
    from inference.jobs.progress import Progress
    from inference.prepare.preparation import Report
    from inference.prepare.spec import ArtifactSpec
    from inference.task import Model


class DirectProvider:
    """Find the artifact, else take the lease and make it, else wait for whoever holds the lease."""

    def __init__(
        self,
        root: Path,
        hub_url: str,
        environment: Mapping[str, str],
        spec: ArtifactSpec,
        token: HubToken | None = None,
        stale_s: float = STALE_S,
    ) -> None:
        self.store = ModelStore(root, spec.accepts, stale_s)
        self._spec = spec
        self._hub = HubAccess(hub_url, token, {**environment, **CHILD_ENVIRONMENT})

    def fetch(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        """As :class:`inference.prepare.provider.Provider` says."""
        try:
            try:
                return self._fetch(model, deadline, report)
            except OSError as error:
                if error.errno != errno.ESTALE:
                    raise
                return self._fetch(model, deadline, report)
        except OSError as error:
            root, memory_mb = self.store.layout.root, self._spec.memory_mb
            raise cache_errors.explain(error, model.id, root, memory_mb) from error

    def state(self, model: Model) -> str:
        """As :class:`inference.prepare.provider.Provider` says."""
        return self.store.state(model)

    def progress(self, model: Model) -> Progress:
        """As :class:`inference.prepare.provider.Provider` says."""
        return self.store.progress(model)

    def _fetch(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        self.store.layout.state(model.id).mkdir(parents=True, exist_ok=True)
        lease = self.store.lease(model)

        def judge(ended: LeaseRecord, was_awaited: bool) -> None:
            self._raise_failure(lease, model, ended, was_awaited, deadline)

        while True:
            try:
                got = lease.acquire(deadline, until=lambda: self.store.find(model), judge=judge)
            except StillHeld:
                raise not_ready(self.store.progress(model)) from None
            if isinstance(got, Artifact):
                return got
            # Another process took the lease while we worked: wait like everyone else.
            with suppress(LeaseLost), self._holding(got):
                return self.store.find(model) or self._make(model, got, deadline, report)

    def _raise_failure(
        self, lease: Lease, model: Model, ended: LeaseRecord, was_awaited: bool, deadline: Deadline
    ) -> None:
        """The last holder's error again: for those who waited for it, and for all during the backoff."""
        failure = Failure.read(ended.note, self._spec.key(model))
        if failure is None:
            return
        wait_s = failure.left_s(ended.heartbeat_s, lease.now_s())
        if (wait_s > 0 or was_awaited) and failure.concerns(deadline.remaining_s):
            raise failure.error(wait_s)

    @contextmanager
    def _holding(self, holder: LeaseHolder) -> Iterator[None]:
        """Free the lease, however the work ends; what others need to know of a failure stays in its file."""
        try:
            yield
        except Failed as failed:
            holder.end(failure=asdict(failed.why) if failed.why else None)
            raise failed.error from failed.__cause__
        except BaseException:
            holder.end()
            raise
        holder.end()

    def _make(self, model: Model, holder: LeaseHolder, deadline: Deadline, report: Report) -> Artifact:
        before = Failure.read(holder.after.note, self._spec.key(model)) if holder.after else None
        Preparation(
            layout=self.store.layout,
            hub=self._hub,
            spec=self._spec,
            model=model,
            holder=holder,
            deadline=deadline,
            report=report,
            failures_before=before.count if before else 0,
        ).make()
        found = self.store.find(model)
        if found is None:
            raise InternalError("the model was prepared but cannot be read on the cache")
        return found
