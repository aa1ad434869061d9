"""One preparation under one lease: download, convert and publish, in two child processes."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inference.cache import stale_files
from inference.cache.files import recorded_commit, write_atomically
from inference.engines.choose import converted_types, has_own_graphs
from inference.errors import HubletError, InternalError, ModelNotReady, ModelUnavailable, TokenNeeded
from inference.jobs import process
from inference.jobs.progress import Progress
from inference.jobs.refused import LeaseLost, Refused, from_line
from inference.jobs.requests import ConvertJob, DownloadJob
from inference.prepare.backoff import Failure, backoff_s
from inference.settings import is_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.cache.layout import CacheLayout
    from inference.cache.lease import LeaseHolder
    from inference.deadline import Deadline
    from inference.hub.token import HubToken
    from inference.prepare.spec import ArtifactSpec
    from inference.task import Model

OUT_OF_MEMORY = (signal.SIGABRT, signal.SIGKILL)
"""What ends a process without memory: C++ by itself, or the kernel."""

DOWNLOAD, CONVERT = "inference.hub.download", "inference.convert"

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE")
"""Variables that name what the download trusts besides its own library's list."""

# docs/decisions/0003-model-cache.md says why each is set.
CHILD_ENVIRONMENT = {
    "HF_HOME": f"{tempfile.gettempdir()}/hf",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_SHARED_BLOBS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_XET": "1",
}

Report = Callable[[dict[str, Any]], None]
"""Called with each stage of a preparation, as fields for a log line."""


class Failed(Exception):
    """Ended with an error for the caller, and with what other processes need to know of it."""

    def __init__(self, error: HubletError, why: Failure | None) -> None:
        super().__init__(error.message)
        self.error = error
        self.why = why


@dataclass(frozen=True)
class HubAccess:
    """Where the Hub is, and what its child process is given to reach it."""

    url: str
    token: HubToken | None
    """Read only for a model that the Hub does not give to everybody."""
    environment: Mapping[str, str]
    """All variables of both children; no credentials among them."""


@dataclass(kw_only=True)
class Preparation:
    """What one preparation works with; `make` is all of it."""

    layout: CacheLayout
    hub: HubAccess
    spec: ArtifactSpec
    model: Model
    holder: LeaseHolder
    deadline: Deadline
    report: Report
    failures_before: int = 0
    _progress: Progress = field(default_factory=Progress)

    def make(self) -> None:
        """Two children: one has the network and no torch, the other torch and nothing to reach."""
        stale_files.delete_old(self.layout, self.model.id, self.holder.acquired_s)
        downloaded = self._download()
        commit = str(downloaded["done"])
        if not self.holder.is_current:  # a late one must not undo what a branch is now
            raise LeaseLost
        if not self.model.is_pinned:
            write_atomically(self.layout.revision(self.model.id, self.model.revision), {"commit": commit})
        self._run(CONVERT, self._convert_job(commit, str(downloaded["snapshot"])))

    def _download(self) -> dict[str, Any]:
        """Without a token first: most models need none, and then nothing reads it."""
        job = self._download_job()
        try:
            return self._run(DOWNLOAD, job)
        except Failed as failed:
            if not isinstance(failed.error, TokenNeeded):
                raise
            if self.hub.token is None:
                raise self._unavailable(failed.error) from None
        if not is_private(self.hub.url):
            told = (
                f"{self.model.id} needs a Hub token, and none is sent over plain HTTP: hub_url must be https"
            )
            raise self._unavailable(ModelUnavailable(told)) from None
        # The child reads it from a pipe; arguments and variables would be open to other processes.
        job = replace(job, token=self.hub.token.read(self.deadline))
        try:
            return self._run(DOWNLOAD, job)
        except Failed as failed:
            if isinstance(failed.error, TokenNeeded):
                raise self._unavailable(failed.error) from None
            raise

    def _unavailable(self, error: HubletError) -> Failed:
        shown = ModelUnavailable(error.message)
        return Failed(shown, self._why(shown))

    def _download_job(self) -> DownloadJob:
        model = self.model
        note = self.layout.revision(model.id, model.revision)
        recorded = None if model.is_pinned else recorded_commit(note)
        return DownloadJob(
            hub_url=self.hub.url,
            model=model.id,
            revision=recorded or model.revision,
            hub_cache=str(self.layout.hub),
            pickle_weights=model.pickle_weights,
            own_graph=has_own_graphs(self.spec.pipeline_tag),
            converted_types=converted_types(self.spec.pipeline_tag),
            memory_mb=self.spec.memory_mb,
            memory_option=self.spec.memory_option,
            pickle_option=f"{self.spec.task.replace('_', '-')}.pickle_weights=true",
            sha256=dict(model.sha256),
            readable=tuple(filter(None, map(self.hub.environment.get, CERTIFICATES))),
        )

    def _convert_job(self, commit: str, snapshot: str) -> ConvertJob:
        return ConvertJob(
            snapshot=snapshot,
            artifacts=str(self.layout.artifacts(self.model.id) / commit),
            model=self.model.id,
            commit=commit,
            pipeline_tag=self.spec.pipeline_tag,
            examples=list(self.spec.examples),
            trial=self.spec.trial,
            precision=self.spec.precision,
            threads=self.spec.threads,
            memory_mb=self.spec.memory_mb,
            memory_option=self.spec.memory_option,
            lease=str(self.holder.folder),
            lease_token=self.holder.token,
        )

    def _run(self, module: str, job: DownloadJob | ConvertJob) -> dict[str, Any]:
        """One child; its progress goes to the log and to a file that other environments may read."""
        # A conversion counts no bytes; those of its download still tell how much there is to do.
        downloaded = 0 if module == DOWNLOAD else self._progress.total_bytes

        def follow(line: dict[str, Any]) -> None:
            if not self.holder.is_current:
                raise LeaseLost
            self._progress = Progress(**{"done_bytes": downloaded, "total_bytes": downloaded, **line})
            self.holder.note(progress=asdict(self._progress))
            self.report(asdict(self._progress))

        if module == CONVERT:
            follow({"stage": "converting"})
        started_s, had_s = time.monotonic(), self.deadline.remaining_s
        try:
            outcome = process.run(module, job, self.hub.environment, self.deadline, follow)
        except process.OutOfTime:
            raise self._out_of_time(module, had_s) from None
        except process.Died as died:
            raise self._died(module, died.code) from died
        if ended := from_line(outcome):
            raise self._refused(module, ended) if isinstance(ended, Refused) else ended
        finished = "downloaded" if module == DOWNLOAD else "converted"
        self.report({"stage": finished, "seconds": round(time.monotonic() - started_s, 2)})
        return outcome

    def _out_of_time(self, module: str, had_s: float) -> Failed:
        """The next call goes on with a download, file by file; what cannot end in a call's time is told."""
        error = not_ready(self._progress)
        if module == CONVERT:
            told = f"its conversion did not end in the {had_s:.0f} s that were left for it"
            return Failed(error, self._too_short(told, had_s))
        largest, speed = self._progress.largest_bytes, self._progress.bytes_per_s
        if not speed or largest / speed <= had_s:
            return Failed(error, None)
        told = (
            f"a file of {largest / 1e6:.0f} MB takes about {largest / speed:.0f} s at the "
            f"{speed / 1e6:.2f} MB/s seen, and a call has {had_s:.0f} s"
        )
        return Failed(error, self._too_short(told, had_s))

    def _too_short(self, told: str, had_s: float) -> Failure:
        message = f"{self.model.id} cannot be prepared: {told}; raise the function's timeout"
        return self._why(ModelNotReady(message), backoff_s(self.failures_before + 1), had_s)

    def _died(self, module: str, code: int) -> Failed:
        why = (
            f"if that was for memory, raise {self.spec.memory_option}"
            if -code in OUT_OF_MEMORY
            else f"by signal {-code}"
            if code < 0
            else "an error of ours, which the log has"
        )
        error = InternalError(f"preparing the model ended while {self._progress.stage}: {why}")
        # Once may be an accident.
        may_repeat = not self.failures_before or module == DOWNLOAD
        return Failed(error, self._why(error, 0.0 if may_repeat else backoff_s(self.failures_before)))

    def _refused(self, module: str, refused: Refused) -> Failed:
        # The Hub and the cache may be well again at any moment; the same files convert the same way.
        is_lasting = module == CONVERT and not refused.is_cache_fault
        wait_s = backoff_s(self.failures_before + 1) if is_lasting else refused.backoff_s
        return Failed(refused.error, self._why(refused.error, wait_s))

    def _why(self, error: HubletError, wait_s: float = 0.0, had_s: float | None = None) -> Failure:
        return Failure(
            kind=type(error).__name__,
            message=error.message,
            retry_after_s=error.retry_after_s,
            backoff_s=wait_s,
            spec_key=self.spec.key(self.model),
            count=self.failures_before + 1,
            had_s=had_s,
        )


def not_ready(progress: Progress) -> ModelNotReady:
    """The 503 that names how long the preparation still needs."""
    megabytes = f"{progress.done_bytes / 1e6:.1f} of {progress.total_bytes / 1e6:.1f} MB"
    return ModelNotReady(
        f"the model is being prepared ({progress.stage}, {megabytes}); try again",
        retry_after_s=progress.remaining_s,
    )
