"""Models found on the cache or prepared, loaded, and run within a request's deadline."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any, TypeVar

from inference.deadline import Deadline
from inference.engines.engine import Completion, Outcome, text_generator
from inference.errors import DeadlineExceeded, HubletError, ModelNotReady
from inference.jobs.progress import Progress
from inference.runtime.cache_access import CacheAccess
from inference.runtime.failed_loads import FailedLoads
from inference.runtime.list_run import ListRun
from inference.runtime.load_watch import LoadWatch
from inference.runtime.loaded_models import LoadedModels, checked, without_prompt_cache
from inference.runtime.model_call import FINISHED, ModelCall
from inference.runtime.streamed_run import StreamedRun, aside
from inference.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from concurrent.futures import Future

    from inference.cache.artifact import Artifact, Manifest
    from inference.engines.engine import Engine, Loader, ResultSize, RunStep, Stream
    from inference.prepare.provider import Provider
    from inference.runtime.stage_log import StageLog
    from inference.settings import Settings
    from inference.task import Call, Model

T = TypeVar("T", Outcome, Completion)

INIT_BUDGET_S = 8.0
"""Lambda gives the init phase 10 s; what is not loaded by then goes on in the first request."""


class ModelRunner:
    """The models of one function, in one environment."""

    def __init__(
        self, provider: Provider, pipeline_tag: str, settings: Settings, load: Loader, log: StageLog
    ) -> None:
        self._provider = provider
        self._store = provider.store
        self._worker = Worker("engine")
        self._cache = CacheAccess()
        load = checked(load if settings.caches_prompts else without_prompt_cache(load), self._store)
        self._loaded = LoadedModels(pipeline_tag, settings.threads, settings.memory_mb, self._worker, load)
        self._log = log
        self._loads = LoadWatch()
        self._failed = FailedLoads()
        self._late: Future[Any] | None = None
        """The last run that did not end by its deadline."""
        self._unreported: dict[Model, bool] = {}
        """Loads that no request's line has told of yet: whether the model was on the cache."""

    def start(self, model: Model) -> None:
        """Init phase: when the model is on the cache, load it now, within the init budget."""
        deadline = Deadline.after(INIT_BUDGET_S)
        try:
            artifact = self._cache.ask(lambda: self._store.find(model), deadline)
        except HubletError:  # the first request looks again and says what is wrong
            self._log.exception("the cache cannot be read in the init phase")
            return
        if artifact:
            future = self._load(model, artifact, deadline, was_cached=True)
            try:  # not watched: nobody has had an answer yet
                future.result(timeout=deadline.remaining_s)
            except FutureTimeout:
                self._log.warning("still loading after the init budget", seconds=INIT_BUDGET_S)
            except HubletError as error:
                self._forget(model, error)
                self._log.warning("loading in the init phase was refused", reason=error.message)
            except Exception as error:  # the first request loads again and reports what happens then
                self._forget(model, error)
                self._log.exception("loading in the init phase failed")

    @property
    def is_stuck(self) -> bool:
        """Whether something holds the engine's thread for good, so that nothing else can begin there.

        That is a run that nobody waits for any more, a load that does not move, or a cache that is silent.
        """
        is_running = self._late is not None and not self._late.done()
        return is_running or self._loads.is_stuck or self._cache.is_stuck

    def loaded_manifest(self, model: Model) -> Manifest | None:
        """Of a model in memory; looks nowhere else."""
        return self._loaded.manifest(model)

    def manifest(self, model: Model, deadline: Deadline) -> Manifest | None:
        """Of a model that is loaded, or at least ready."""
        found = self._loaded.manifest(model)
        if found is None and (artifact := self._cache.ask(lambda: self._store.find(model), deadline)):
            return artifact.manifest
        return found

    def health(self, model: Model, deadline: Deadline) -> dict[str, Any]:
        """Whether the model is there, and how far it is; never starts a download."""
        state = self._cache.ask(lambda: self._provider.state(model), deadline)
        answer: dict[str, Any] = {"status": "ok", "model": state}
        if state == "preparing":
            progress = self._cache.ask(lambda: self._provider.progress(model), deadline)
            answer |= {"stage": progress.stage, "estimated_time": round(progress.remaining_s, 1)}
        return answer

    def prepare(self, model_call: ModelCall) -> None:
        """Have the model on the cache and in memory; where it is there already, this does nothing."""
        self._engine(model_call)

    def run(
        self, model_call: ModelCall, call: Call, check_size: Callable[[ResultSize], None] | None = None
    ) -> Outcome:
        """One result an input; ``check_size`` may refuse results of a size that the engine foretells."""
        engine = self._engine(model_call)
        size = engine.result_size(call)
        if check_size is not None and size is not None:
            check_size(size)
        step = engine.list_step(call)
        if step and len(call.inputs) > step:
            parts = ListRun(call, model_call.deadline, step)
            return parts.run(lambda part: self._timed(model_call, engine, lambda: engine.run(part)))
        needed_s = engine.estimate_s(call)
        if needed_s is not None and needed_s > model_call.deadline.remaining_s:
            raise DeadlineExceeded(
                f"this would take about {needed_s:.0f} s and {model_call.deadline.remaining_s:.0f} s are left"
            )
        return self._timed(model_call, engine, lambda: engine.run(call))

    def complete(self, model_call: ModelCall, prompt: Any, parameters: dict[str, Any]) -> Completion:
        """A text-generation model's continuation of a text or of messages."""
        engine = text_generator(self._engine(model_call))
        return self._timed(model_call, engine, lambda: engine.complete(prompt, parameters))

    def stream(self, model_call: ModelCall, call: Call) -> StreamedRun:
        """The answer to a call's one input, as it comes; until it is asked for nothing is done."""
        return self._stream(model_call, lambda engine: engine.run_streamed(call))

    def stream_completion(
        self, model_call: ModelCall, prompt: Any, parameters: dict[str, Any]
    ) -> StreamedRun:
        """The same of a completion."""
        return self._stream(model_call, lambda engine: text_generator(engine).stream(prompt, parameters))

    def _stream(self, model_call: ModelCall, open_stream: Callable[[Engine], Stream]) -> StreamedRun:
        def begin() -> Generator[None, None, Callable[[], Stream]]:
            loading = self._loaded.get(model_call.model)
            if loading is not None and loading.done():
                engine = self._engine(model_call)
            else:
                engine = yield from aside(lambda: self._engine(model_call))
            engine.on_step = lambda step: self._follow(model_call, step)
            return lambda: open_stream(engine)

        return StreamedRun(self._worker, model_call, begin, self._note_late)

    def _note_late(self, running: Future[Any]) -> None:
        self._late = running

    def _timed(self, model_call: ModelCall, engine: Engine, job: Callable[[], T]) -> T:
        """Run on the worker, within the deadline."""
        engine.on_step = lambda step: self._follow(model_call, step)
        model_call.stage, started_s = "inference", time.monotonic()
        running = self._worker.submit(job)
        try:
            result = running.result(timeout=model_call.deadline.remaining_s)
        except FutureTimeout:
            if not running.cancel():
                self._note_late(running)
            raise DeadlineExceeded("the model did not answer in time; send less at once") from None
        model_call.inference_ms = round(
            (model_call.inference_ms or 0.0) + (time.monotonic() - started_s) * 1000, 1
        )
        model_call.stage = "presenting"
        model_call.truncated += result.truncated
        model_call.tokens += result.tokens
        return result

    def _follow(self, model_call: ModelCall, step: RunStep) -> None:
        """A slow engine's progress; a run that nobody waits for any more ends here."""
        self._log.info("inferring", step=step.step, steps=step.total, remaining_s=round(step.remaining_s, 1))
        if model_call.deadline.remaining_s <= 0:
            raise DeadlineExceeded("the request's time is over")

    def _engine(self, model_call: ModelCall) -> Engine:
        """The loaded engine; a load that outlasts this request goes on for the next one."""
        model = model_call.model
        model_call.is_preparing = True
        future = self._loaded.get(model)
        if future is None:
            future = self._find_and_load(model_call)
        model_call.stage = "loading"
        try:
            engine = self._loads.result(future, model_call.deadline.remaining_s)
            self._tell_of_load(model_call)
            return engine
        except FutureTimeout:
            raise ModelNotReady("the model is being loaded; try again", retry_after_s=5) from None
        except Exception as error:
            self._forget(model, error)
            raise

    def _forget(self, model: Model, error: Exception) -> None:
        """The next request loads again, unless that failed too often; what is made anew is no failure."""
        if (manifest := self._loaded.manifest(model)) and not isinstance(error, ModelNotReady):
            self._failed.note(manifest, error)
        self._loaded.forget(model)

    def _find_and_load(self, model_call: ModelCall) -> Future[Engine]:
        model, deadline = model_call.model, model_call.deadline
        found = self._cache.ask(lambda: self._store.find(model), deadline)
        if found:
            return self._load(model, found, deadline, was_cached=True)
        model_call.stage = "waiting"
        made = self._cache.ask(
            lambda: self._provider.fetch(
                model, deadline, lambda progress: self._report(model_call, progress)
            ),
            deadline,
        )
        return self._load(model, made, deadline, was_cached=False)

    def _tell_of_load(self, model_call: ModelCall) -> None:
        """The first request after a load tells of it, whichever request or init phase began it."""
        model_call.stage, model_call.is_preparing = "ready", False
        model_call.cache_hit = self._unreported.pop(model_call.model, None)
        if model_call.cache_hit is not None:
            model_call.seconds["LoadSeconds"] = self._loaded.seconds(model_call.model)
            if manifest := self._loaded.manifest(model_call.model):
                self._failed.forget(manifest)

    def _load(
        self, model: Model, artifact: Artifact, deadline: Deadline, *, was_cached: bool
    ) -> Future[Engine]:
        self._failed.check(artifact.manifest)
        self._unreported[model] = was_cached
        self._cache.ask(lambda: self._store.mark_loaded(artifact), deadline)
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

    def _report(self, model_call: ModelCall, progress: dict[str, Any]) -> None:
        model_call.stage = progress["stage"]
        if "total_bytes" in progress:
            model_call.remaining_s = Progress(**progress).remaining_s
        if metric := FINISHED.get(model_call.stage):
            model_call.seconds[metric] = progress["seconds"]
        self._log.info("preparing", **progress)
