"""Runs of models: found on the cache or prepared, loaded, and run within a request's deadline."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from inference.errors import DeadlineExceeded, ModelNotReady, ModelUnavailable
from inference.loaded_models import LoadedModels
from inference.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from aws_lambda_powertools import Logger

    from inference.artifact import Artifact, Manifest
    from inference.deadline import Deadline
    from inference.engines.engine import Engine, Loader
    from inference.model_files import ModelFiles
    from inference.settings import Settings
    from inference.task import Call, Model

T = TypeVar("T")

INIT_BUDGET_S = 8.0
"""Lambda gives the init phase 10 s; what is not loaded by then goes on in the first request."""


@dataclass
class Run:
    """One request's use of a model, and what its log line and reply headers will say."""

    model: Model
    deadline: Deadline
    inference_ms: float | None = None
    truncated: int = 0

    def headers(self) -> dict[str, str]:
        """Facts about an answer that was inferred."""
        if self.inference_ms is None:
            return {}
        return {
            "x-model": self.model.id,
            "x-inference-ms": f"{self.inference_ms:.1f}",
            "x-truncated-inputs": str(self.truncated),
        }


class Runs:
    """The models of one function, in one environment."""

    def __init__(
        self, files: ModelFiles, pipeline_tag: str, settings: Settings, load: Loader, log: Logger
    ) -> None:
        self._files = files
        self._worker = Worker()
        self._loaded = LoadedModels(pipeline_tag, settings.threads, settings.memory_mb, self._worker, load)
        self._log = log

    def start(self, model: Model) -> None:
        """Init phase: when the model is on the cache, load it now, within the init budget."""
        artifact = self._files.find(model)
        if artifact:
            future = self._load(model, artifact)
            try:
                future.result(timeout=INIT_BUDGET_S)
            except FutureTimeout:
                self._log.warning("still loading after the init budget", seconds=INIT_BUDGET_S)
            except Exception:  # the first request loads again and reports what happens then
                self._loaded.forget(model)
                self._log.exception("loading in the init phase failed")

    def manifest(self, model: Model) -> Manifest | None:
        """Of a model that is loaded, or at least ready."""
        found = self._loaded.manifest(model)
        if found is None and (artifact := self._files.find(model)):
            return artifact.manifest
        return found

    def call(self, run: Run, call: Call) -> tuple[Engine, list[Any]]:
        """One result an input, and the engine that gave them."""
        engine = self._engine(run)
        estimate: Callable[[Call], float | None] = getattr(engine, "estimate_s", lambda _: None)
        needed_s = estimate(call)
        if needed_s is not None and needed_s > run.deadline.remaining_s:
            raise DeadlineExceeded(
                f"this would take about {needed_s:.0f} s and {run.deadline.remaining_s:.0f} s are left"
            )
        return engine, self._timed(run, engine, lambda: engine.run(call))

    def complete(self, run: Run, prompt: Any, parameters: dict[str, Any]) -> Any:
        """A text-generation model's ``Completion`` of a text or of messages."""
        engine: Any = self._engine(run)
        if not hasattr(engine, "complete"):
            raise ModelUnavailable("no fast engine serves this model, and without one it answers POST / only")
        return self._timed(run, engine, lambda: engine.complete(prompt, parameters))

    def _timed(self, run: Run, engine: Engine, job: Callable[[], T]) -> T:
        """Run on the worker, within the deadline."""
        if hasattr(engine, "on_step"):
            engine.on_step = lambda step: self._follow(run, step)
        started_s = time.monotonic()
        running = self._worker.submit(job)
        try:
            result = running.result(timeout=run.deadline.remaining_s)
        except FutureTimeout:
            running.cancel()
            raise DeadlineExceeded("the model did not answer in time; send less at once") from None
        run.inference_ms = round((time.monotonic() - started_s) * 1000, 1)
        run.truncated = int(getattr(engine, "last_truncated", 0))
        return result

    def _follow(self, run: Run, step: Any) -> None:
        """A slow engine's progress; a run that nobody waits for any more ends here."""
        self._log.info("inferring", step=step.step, steps=step.total, remaining_s=round(step.remaining_s, 1))
        if run.deadline.remaining_s <= 0:
            raise DeadlineExceeded("the request's time is over")

    def _engine(self, run: Run) -> Engine:
        """The loaded engine; a load that outlasts this request goes on for the next one."""
        model = run.model
        future = self._loaded.get(model)
        if future is None:
            artifact = self._files.find(model) or self._files.fetch(model, run.deadline, self._report)
            future = self._load(model, artifact)
        try:
            return future.result(timeout=run.deadline.remaining_s)
        except FutureTimeout:
            raise ModelNotReady("the model is being loaded; try again", retry_after_s=5) from None
        except Exception:
            self._loaded.forget(model)
            raise

    def _load(self, model: Model, artifact: Artifact) -> Future[Engine]:
        future, left = self._loaded.start(model, artifact)
        manifest = artifact.manifest
        self._log.info(
            "loading",
            stage="loading",
            model=model.id,
            engine=manifest.engine,
            precision=manifest.precision,
            reason=manifest.reason,
            unloaded=[each.id for each in left],
        )
        return future

    def _report(self, progress: dict[str, Any]) -> None:
        self._log.info("preparing", **progress)
