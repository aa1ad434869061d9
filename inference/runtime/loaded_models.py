"""Models in this environment's memory: the allowed ones, the least recently used leaving first."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from inference.engines.engine import TextGenerator
from inference.errors import HubletError, ModelNotReady

if TYPE_CHECKING:
    from concurrent.futures import Future

    from inference.cache.artifact import Artifact, Manifest
    from inference.cache.store import ModelStore
    from inference.engines.engine import Engine, Loader
    from inference.runtime.worker import Worker
    from inference.task import Model

MEGABYTE = 1_000_000
PROCESS_BYTES = 250 * MEGABYTE
"""What the process itself, an engine's code and a call's working memory take."""
IN_MEMORY = 1.3
"""A loaded model takes so many times its artifact's bytes (measured: 1.1 to 1.3 with ONNX Runtime)."""
FOR_LISTS = 0.7
"""So many times more where lists have a session of their own (measured: 0.6 with MiniLM)."""


class LoadedModels:
    """One thread asks; loads run in the worker, in order."""

    def __init__(self, pipeline_tag: str, threads: int, memory_mb: int, worker: Worker, load: Loader) -> None:
        self._pipeline_tag = pipeline_tag
        self._threads = threads
        self._budget_bytes = memory_mb * MEGABYTE - PROCESS_BYTES
        self._worker = worker
        self._load = load
        self._loading: dict[Model, Future[Engine]] = {}
        """In order of use, the latest last."""
        self._manifests: dict[Model, Manifest] = {}
        self._seconds: dict[Model, float] = {}

    def get(self, model: Model) -> Future[Engine] | None:
        """The engine that is or will be there; asking counts as use."""
        future = self._loading.pop(model, None)
        if future is not None:
            self._loading[model] = future
        return future

    def manifest(self, model: Model) -> Manifest | None:
        return self._manifests.get(model)

    def seconds(self, model: Model) -> float:
        """What its last load took."""
        return self._seconds[model]

    def start(self, model: Model, artifact: Artifact) -> tuple[Future[Engine], list[Model]]:
        """Begin to load; also the models that had to leave for it. One model alone always loads."""
        left = self._make_room(_needed_bytes(artifact.manifest))
        self._manifests[model] = artifact.manifest
        load = self._load

        def job() -> Engine:
            if left:
                gc.collect()  # engines hold C++ memory behind reference cycles
            started_s = time.monotonic()
            engine = load(artifact, self._pipeline_tag, self._threads)
            self._seconds[model] = round(time.monotonic() - started_s, 3)
            self._share_room(engine)
            return engine

        future = self._worker.submit(job)
        self._loading[model] = future
        return future, left

    def forget(self, model: Model) -> None:
        """After a load that failed: the next request loads again."""
        self._loading.pop(model, None)

    def _share_room(self, latest: Engine) -> None:
        """Tell every engine what is left for a call beside the models: never less than one was always given.

        Loads run in order in one thread, and calls too: nobody reads the figure meanwhile.
        """
        room_bytes = PROCESS_BYTES + max(0.0, self._budget_bytes - self._held_bytes())
        earlier = [each for each in list(self._loading.values()) if each.done() and not each.exception()]
        for engine in (latest, *(each.result() for each in earlier)):
            engine.room_bytes = room_bytes

    def _make_room(self, needed_bytes: float) -> list[Model]:
        left = []
        while self._loading and self._held_bytes() + needed_bytes > self._budget_bytes:
            oldest = next(iter(self._loading))
            self.forget(oldest)
            left.append(oldest)
        return left

    def _held_bytes(self) -> float:
        return sum(_needed_bytes(self._manifests[model]) for model in self._loading)


def _needed_bytes(manifest: Manifest) -> float:
    return manifest.size_bytes * (IN_MEMORY + (FOR_LISTS if manifest.lists == "parallel" else 0.0))


def checked(load: Loader, store: ModelStore) -> Loader:
    """The same loader; where a library makes nothing of an artifact, its bytes are compared with its hashes.

    If they differ the artifact is set aside, and :class:`ModelNotReady` tells the caller to come again:
    the next call has it made anew. Any other failure is raised as it is.
    """

    def load_or_set_aside(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
        try:
            return load(artifact, pipeline_tag, threads)
        except (HubletError, MemoryError):
            raise
        except Exception as error:
            if not store.set_aside_if_damaged(artifact):
                raise
            said = "the model's files on the cache were damaged; the next call has them made again"
            raise ModelNotReady(said, retry_after_s=1) from error

    return load_or_set_aside


def without_prompt_cache(load: Loader) -> Loader:
    """A loader whose engines read each prompt from its beginning."""

    def load_forgetful(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
        engine = load(artifact, pipeline_tag, threads)
        if isinstance(engine, TextGenerator):
            engine.caches_prompts = False
        return engine

    return load_forgetful
