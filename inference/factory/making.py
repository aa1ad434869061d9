"""One making: the lease, a preparation on this machine's disk, the upload, and the manifest last."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.errors import CacheFull, HubletError, InternalError, ModelNotReady
from inference.factory.lease import MakingLease
from inference.factory.reporter import Reporter
from inference.hub.token import HubToken
from inference.jobs.refused import LeaseLost
from inference.prepare.backoff import Failure, backoff_s
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec, examples_of, trial_of
from inference.relay.bucket import RelayUnreachable
from inference.relay.records import (
    BadRecord,
    Delivery,
    MakingProgress,
    file_key,
    manifest_key,
    progress_key,
    request_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.cache.artifact import Artifact
    from inference.deadline import Deadline
    from inference.factory.settings import FactorySettings
    from inference.relay.bucket import Bucket, Stored
    from inference.relay.records import ModelRequest
    from inference.task import Model, Task

MOST_TRIES = 6
"""Makings in a row that ran out of time before it is an error: 90 minutes."""
WORK = "hublet-factory"
"""The folder under /tmp; it stays between two tries, which mostly meet the same environment."""
LEFT_S = 20 * 60
"""Longer than any call: the work in a folder that is older went on in another environment, or ended there."""


def _read_delivery(stored: Stored | None) -> Delivery | None:
    try:
        return Delivery.read(stored.body) if stored else None
    except BadRecord:
        return None  # of a release that wrote it otherwise


class Making:
    """What one request asks for. ``run`` makes it and says what was done, as a word for the log."""

    def __init__(
        self,
        settings: FactorySettings,
        bucket: Bucket,
        name: str,
        request: ModelRequest,
        task: Task,
        model: Model,
        log: Callable[[dict[str, Any]], None],
    ) -> None:
        self._settings = settings
        self._bucket = bucket
        self._name = name
        self._request = request
        self._model = model
        self._log = log
        self._root = Path(tempfile.gettempdir()) / WORK / name.replace("/", "--")
        self._spec = ArtifactSpec(
            pipeline_tag=task.pipeline_tag,
            examples=examples_of(task),
            precision=request.precision,
            threads=request.threads,
            memory_mb=settings.memory_mb,
            task=task.name,
            memory_option="factory_memory",
            trial=trial_of(task),
        )

    def run(self, deadline: Deadline) -> str:
        """``made``, ``delivered again``, ``failed``, ``handed on`` or ``held by another``."""
        lease = MakingLease.take(self._bucket, self._name)
        if lease is None:
            return "held by another"
        try:
            return self._run(lease, deadline)
        except LeaseLost:
            return "held by another"
        finally:
            lease.end()

    def _run(self, lease: MakingLease, deadline: Deadline) -> str:
        before = self._bucket.read(progress_key(self._name))
        told = MakingProgress.read(before.body) if before else MakingProgress()
        published = self._bucket.read(manifest_key(self._name))
        ready = _read_delivery(published)
        if ready and not told.is_damaged:
            self._bucket.write(manifest_key(self._name), ready.to_bytes())
            return "delivered again"
        try:
            with Reporter(self._bucket, self._name) as reporter:
                delivery = self._make(lease, reporter, deadline)
        except ModelNotReady:
            return self._hand_on(lease)
        except HubletError as error:
            lease.check()
            self._fail(error, told)
            return "failed"
        lease.check()
        self._publish(delivery, published)
        shutil.rmtree(self._root, ignore_errors=True)
        self._forget_other_makings(lease.making)
        return "made"

    def _make(self, lease: MakingLease, reporter: Reporter, deadline: Deadline) -> Delivery:
        self._free_room()
        secret = self._settings.token_secret_arn
        provider = DirectProvider(
            self._root,
            self._settings.hub_url,
            self._settings.child_environment,
            self._spec,
            HubToken(secret) if secret else None,
        )

        def report(facts: dict[str, Any]) -> None:
            self._log(facts)
            reporter(facts)

        try:
            artifact = provider.fetch(self._model, deadline, report)
        except CacheFull:
            raise InternalError(
                f"preparing {self._model.id} takes more room than the factory's /tmp has, 10,240 MB at most"
            ) from None
        reporter.stage("uploading")
        self._upload(artifact, lease, deadline)
        return Delivery(
            model=self._model.id,
            revision=self._model.revision,
            resolved_s=time.time(),
            making=lease.making,
            manifest=artifact.manifest,
        )

    def _free_room(self) -> None:
        """A making that lost its lease, or was handed on to another environment, has left its files here."""
        for folder in self._root.parent.glob("*"):
            if folder != self._root and time.time() - folder.stat().st_mtime > LEFT_S:
                shutil.rmtree(folder, ignore_errors=True)

    def _upload(self, artifact: Artifact, lease: MakingLease, deadline: Deadline) -> None:
        for file in artifact.manifest.files:
            if deadline.remaining_s <= 0:
                raise ModelNotReady("the upload did not end in this call's time")
            self._bucket.upload(artifact.folder / file, file_key(self._name, lease.making, file))
            lease.check()

    def _publish(self, delivery: Delivery, published: Stored | None) -> None:
        """The last step: all that the manifest names is there.

        A process may be frozen between a look at its lease and this write. So the write has a condition of
        its own: that nobody has published since this making began.
        """
        key, body = manifest_key(self._name), delivery.to_bytes()
        if published is None:
            etag = self._bucket.write_if_absent(key, body)
        else:
            etag = self._bucket.write_if_same(key, body, published.etag)
        if etag is None:
            raise LeaseLost("another factory has published this model")

    def _hand_on(self, lease: MakingLease) -> str:
        """The next call of the factory goes on with what was downloaded."""
        tries = self._request.tries + 1
        if tries >= MOST_TRIES:
            lease.check()
            too_long = f"{self._model.id} was not ready after {tries} calls of the factory"
            self._fail(InternalError(too_long), None)
            return "failed"
        lease.end()
        if self._root.is_dir():
            os.utime(self._root)
        self._bucket.write(request_key(self._name), replace(self._request, tries=tries).to_bytes())
        return "handed on"

    def _fail(self, error: HubletError, told: MakingProgress | None) -> None:
        """For the calls that wait, and for those during the backoff."""
        count = 1 + int((told.failure or {}).get("count", 0)) if told else 1
        failure = Failure(
            kind=type(error).__name__,
            message=error.message,
            retry_after_s=error.retry_after_s,
            backoff_s=backoff_s(count),
            spec_key="",
            count=count,
        )
        ended = MakingProgress(is_ended=True, failure=asdict(failure))
        self._bucket.write(progress_key(self._name), ended.to_bytes())
        shutil.rmtree(self._root, ignore_errors=True)

    def _forget_other_makings(self, making: str) -> None:
        """Files of earlier makings; what cannot be deleted now expires."""
        kept = (manifest_key(self._name), file_key(self._name, making, ""))
        try:
            keys = self._bucket.keys(f"artifacts/{self._name}/")
            self._bucket.delete([key for key in keys if not key.startswith(kept)])
        except RelayUnreachable:
            return
