"""One turn of making an artifact: download, convert and publish, as children of whoever holds the lease."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from inference import child, errors, failure, leftovers
from inference.cache_files import recorded_commit, write_atomically
from inference.engines.choose import ONNX_HEADS, converted_types
from inference.errors import HubletError, InternalError, ModelNotReady, ModelUnavailable, TokenNeeded
from inference.failure import Failure
from inference.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.cache_layout import CacheLayout
    from inference.deadline import Deadline
    from inference.hub_token import HubToken
    from inference.lease import Held
    from inference.model_files import Purpose
    from inference.task import Model

DOWNLOAD, CONVERT = "inference.download", "inference.convert"

# Why each is set stands in the decision record docs/decisions/0003-model-cache.md.
CHILD_ENVIRONMENT = {
    "HF_HOME": f"{tempfile.gettempdir()}/hf",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_SHARED_BLOBS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_XET": "1",
}

Report = Callable[[dict[str, Any]], None]


class Superseded(Exception):
    """Somebody else has the turn now: we were frozen, or the cache was, for too long."""


class Failed(Exception):
    """The preparation ended with an error for the caller, and with what others need to know of it."""

    def __init__(self, error: HubletError, why: Failure | None) -> None:
        super().__init__(error.message)
        self.error = error
        self.why = why


@dataclass
class Preparation:
    """What one turn works with; `make` is all of it."""

    layout: CacheLayout
    hub_url: str
    environment: Mapping[str, str]
    purpose: Purpose
    token: HubToken | None
    model: Model
    held: Held
    deadline: Deadline
    report: Report
    failures_before: int = 0
    _progress: Progress = field(default_factory=Progress)

    def make(self) -> None:
        """Two children: one has the network and no torch, the other torch and nothing to reach."""
        leftovers.delete_old(self.layout, self.model.id, self.held.taken_s)
        downloaded = self._download()
        commit = str(downloaded["done"])
        if not self.held.is_current:  # a late one must not undo what a branch is now
            raise Superseded
        if not self.model.is_pinned:
            write_atomically(self.layout.revision(self.model.id, self.model.revision), {"commit": commit})
        job = {
            **asdict(self.purpose),
            "snapshot": downloaded["snapshot"],
            "artifacts": str(self.layout.artifacts(self.model.id) / commit),
            "model": self.model.id,
            "commit": commit,
            "lease": str(self.held.folder),
            "lease_token": self.held.token,
        }
        self._run(CONVERT, job)

    def _download(self) -> dict[str, Any]:
        """Without a token first: most models need none, and then nothing reads it."""
        job = self._download_job()
        try:
            return self._run(DOWNLOAD, job)
        except Failed as failed:
            if not isinstance(failed.error, TokenNeeded):
                raise
            if self.token is None:
                raise self._unavailable(failed.error) from None
        # The child reads it from a pipe; arguments and variables would be open to other processes.
        job["token"] = self.token.read(self.deadline)
        try:
            return self._run(DOWNLOAD, job)
        except Failed as failed:
            if isinstance(failed.error, TokenNeeded):
                raise self._unavailable(failed.error) from None
            raise

    def _unavailable(self, error: HubletError) -> Failed:
        shown = ModelUnavailable(error.message)
        return Failed(shown, self._why(shown))

    def _download_job(self) -> dict[str, Any]:
        model = self.model
        note = self.layout.revision(model.id, model.revision)
        recorded = None if model.is_pinned else recorded_commit(note)
        return {
            "hub_url": self.hub_url,
            "model": model.id,
            "revision": recorded or model.revision,
            "hub_cache": str(self.layout.hub),
            "pickle_weights": model.pickle_weights,
            "sha256": dict(model.sha256),
            "own_graph": self.purpose.pipeline_tag in ONNX_HEADS,
            "converted_types": converted_types(self.purpose.pipeline_tag),
            "memory_mb": self.purpose.memory_mb,
            "task": self.purpose.task,
        }

    def _run(self, module: str, job: dict[str, Any]) -> dict[str, Any]:
        """One child; its progress goes to the log and to a file that other environments may read."""
        # A conversion counts no bytes; those of its download still tell how much there is to do.
        downloaded = 0 if module == DOWNLOAD else self._progress.total_bytes

        def follow(line: dict[str, Any]) -> None:
            if not self.held.is_current:
                raise Superseded
            self._progress = Progress(**{"done_bytes": downloaded, "total_bytes": downloaded, **line})
            self.held.note(progress=asdict(self._progress))
            self.report(asdict(self._progress))

        if module == CONVERT:
            follow({"stage": "converting"})
        started_s, had_s = time.monotonic(), self.deadline.remaining_s
        try:
            outcome = child.run(module, job, self.environment, self.deadline, follow)
        except child.OutOfTime:
            raise self._out_of_time(module, had_s) from None
        except child.Died as died:
            raise self._died(module) from died
        if kind := outcome.get("error"):
            raise self._refused(module, kind, outcome)
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
        return self._why(ModelNotReady(message), failure.doubled(self.failures_before + 1), had_s)

    def _died(self, module: str) -> Failed:
        stage = self._progress.stage
        error = InternalError(
            f"preparing the model ended while {stage}; if that was for memory, give the function more"
        )
        # Once may be an accident.
        hold_s = failure.doubled(self.failures_before) if self.failures_before and module == CONVERT else 0.0
        return Failed(error, self._why(error, hold_s))

    def _refused(self, module: str, kind: str, outcome: dict[str, Any]) -> Failed | Superseded:
        if kind == Superseded.__name__:
            return Superseded()
        error: HubletError = getattr(errors, kind)(outcome["message"], retry_after_s=outcome["retry_after_s"])
        # The Hub and the cache may be another way at once; a conversion of the same files ends the same way.
        is_lasting = module == CONVERT and not outcome.get("is_cache_fault")
        hold_s = failure.doubled(self.failures_before + 1) if is_lasting else outcome.get("hold_s", 0.0)
        return Failed(error, self._why(error, hold_s))

    def _why(self, error: HubletError, hold_s: float = 0.0, had_s: float | None = None) -> Failure:
        return Failure(
            kind=type(error).__name__,
            message=error.message,
            retry_after_s=error.retry_after_s,
            hold_s=hold_s,
            purpose=described(self.purpose, self.model),
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


def described(purpose: Purpose, model: Model) -> str:
    """What a failure is a failure of: change any of it, and it is worth another try."""
    asked = (purpose.pipeline_tag, purpose.precision, purpose.threads, purpose.memory_mb)
    return " ".join(str(each) for each in (model.revision, model.pickle_weights, *asked))
