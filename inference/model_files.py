"""What is on the cache: finding a ready artifact, and getting a missing one made, one process at a time."""

from __future__ import annotations

import errno
import fcntl
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from inference import child, errors, load_marks
from inference.artifact import SUFFIX, Artifact, DamagedArtifact
from inference.cache_files import is_held, recorded_commit, set_aside, try_lock, write_atomically
from inference.cache_layout import CacheLayout
from inference.engines.choose import ONNX_HEADS, head_of
from inference.errors import CacheFull, InternalError, ModelNotReady, ModelUnavailable, TokenNeeded
from inference.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from inference.deadline import Deadline
    from inference.hub_token import HubToken
    from inference.task import Model

DOWNLOAD = "inference.download"
LOCK_POLL_S = 0.2

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


@dataclass(frozen=True)
class Purpose:
    """What models are prepared for, in this function."""

    pipeline_tag: str
    examples: tuple[Any, ...]
    """Inputs that the proof runs besides the built-in texts."""
    precision: str
    threads: int
    memory_mb: int

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
    ) -> None:
        self._layout = CacheLayout(root)
        self._hub_url = hub_url
        self._purpose = purpose
        self._token = token
        self._environment = {**environment, **CHILD_ENVIRONMENT}

    def find(self, model: Model) -> Artifact | None:
        """The ready artifact, or ``None``; touches neither the network nor the Hub library."""
        commit = self._commit(model)
        folder = self._artifacts(model) / commit if commit else None
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

    def state(self, model: Model) -> str:
        """``ready``, ``preparing`` or ``cold``."""
        if self.find(model):
            return "ready"
        return "preparing" if is_held(self._layout.lock(model.id)) else "cold"

    def mark_loaded(self, artifact: Artifact) -> None:
        """Tell whoever cleans up that this artifact is in use; the caller does not wait for it."""
        load_marks.leave(self._layout, artifact.folder)

    def progress(self, model: Model) -> Progress:
        """What the process that prepares this model reported last."""
        try:
            return Progress(**json.loads((self._state(model) / "progress.json").read_text()))
        except (OSError, ValueError, TypeError):
            return Progress()

    def fetch(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        """Get the artifact made, here or by waiting for whoever makes it now, before the deadline."""
        try:
            self._state(model).mkdir(parents=True, exist_ok=True)
            with self._alone(model, deadline):
                return self.find(model) or self._make(model, deadline, report)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise CacheFull(f"the model cache has no room for {model.id}") from error
            raise InternalError("the model cache cannot be written") from error

    def _make(self, model: Model, deadline: Deadline, report: Report) -> Artifact:
        """Two children: one has the network and no torch, the other torch and nothing to reach."""
        downloaded = self._download(model, deadline, report)
        commit = str(downloaded["done"])
        if not model.is_pinned:
            write_atomically(self._revision(model), {"commit": commit})
        job = {
            **asdict(self._purpose),
            "snapshot": downloaded["snapshot"],
            "artifacts": str(self._artifacts(model) / commit),
            "model": model.id,
            "commit": commit,
        }
        self._run(model, "inference.convert", job, deadline, report)
        found = self.find(model)
        if found is None:
            raise InternalError("the model was prepared but cannot be read on the cache")
        return found

    def _download(self, model: Model, deadline: Deadline, report: Report) -> dict[str, Any]:
        """Without a token first: most models need none, and then nothing reads it."""
        job = self._download_job(model)
        try:
            return self._run(model, DOWNLOAD, job, deadline, report)
        except TokenNeeded as error:
            if self._token is None:
                raise ModelUnavailable(error.message) from None
        # The child reads it from a pipe; arguments and variables would be open to other processes.
        job["token"] = self._token.read(deadline)
        try:
            return self._run(model, DOWNLOAD, job, deadline, report)
        except TokenNeeded as error:
            raise ModelUnavailable(error.message) from None

    def _download_job(self, model: Model) -> dict[str, Any]:
        return {
            "hub_url": self._hub_url,
            "model": model.id,
            "revision": self._commit(model) or model.revision,
            "hub_cache": str(self._layout.hub),
            "pickle_weights": model.pickle_weights,
            "own_graph": self._purpose.pipeline_tag in ONNX_HEADS,
        }

    def _run(
        self, model: Model, module: str, job: dict[str, Any], deadline: Deadline, report: Report
    ) -> dict[str, Any]:
        """One child; its progress goes to the log and to a file that other environments may read."""

        # A conversion counts no bytes; those of its download still tell how much there is to do.
        downloaded = 0 if module == DOWNLOAD else self.progress(model).total_bytes

        def follow(line: dict[str, Any]) -> None:
            progress = Progress(**{"done_bytes": downloaded, "total_bytes": downloaded, **line})
            write_atomically(self._state(model) / "progress.json", asdict(progress))
            report(asdict(progress))

        started_s = time.monotonic()
        try:
            outcome = child.run(module, job, self._environment, deadline, follow)
        except child.OutOfTime:
            raise self.not_ready(model) from None
        except child.Died as died:
            stage = self.progress(model).stage
            raise InternalError(
                f"preparing the model ended while {stage}; if that was for memory, give the function more"
            ) from died
        if kind := outcome.get("error"):
            raise getattr(errors, kind)(outcome["message"], retry_after_s=outcome["retry_after_s"])
        finished = "downloaded" if module == DOWNLOAD else "converted"
        report({"stage": finished, "seconds": round(time.monotonic() - started_s, 2)})
        return outcome

    def not_ready(self, model: Model) -> ModelNotReady:
        """The 503 that names how long the preparation still needs."""
        progress = self.progress(model)
        megabytes = f"{progress.done_bytes / 1e6:.1f} of {progress.total_bytes / 1e6:.1f} MB"
        return ModelNotReady(
            f"the model is being prepared ({progress.stage}, {megabytes}); try again",
            retry_after_s=progress.remaining_s,
        )

    @contextmanager
    def _alone(self, model: Model, deadline: Deadline) -> Iterator[None]:
        """Hold the model's lock: the kernel frees it when the holder dies; we give up at our deadline."""
        with self._layout.lock(model.id).open("wb") as stream:
            while not try_lock(stream.fileno(), fcntl.LOCK_EX):
                if deadline.remaining_s <= LOCK_POLL_S:
                    raise self.not_ready(model)
                time.sleep(LOCK_POLL_S)
            yield

    def _commit(self, model: Model) -> str | None:
        if model.is_pinned:
            return model.revision
        return recorded_commit(self._revision(model))

    def _artifacts(self, model: Model) -> Path:
        return self._layout.artifacts(model.id)

    def _state(self, model: Model) -> Path:
        return self._layout.state(model.id)

    def _revision(self, model: Model) -> Path:
        return self._layout.revision(model.id, model.revision)
