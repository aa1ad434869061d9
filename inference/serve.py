"""The one walk from event to reply: read, prepare, load, run, present; one log line a request."""

from __future__ import annotations

import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from inference import request as requests
from inference import response
from inference.deadline import Deadline
from inference.engines import engine
from inference.errors import (
    DeadlineExceeded,
    HubletError,
    InternalError,
    MethodNotAllowed,
    ModelNotReady,
    NotFound,
)
from inference.fields import describe
from inference.model_files import ModelFiles, Purpose
from inference.request import read_body
from inference.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.artifact import Artifact, Manifest
    from inference.deadline import LambdaContext
    from inference.engines.engine import Engine, Loader
    from inference.request import Request
    from inference.settings import Settings
    from inference.task import Model, Task

INIT_BUDGET_S = 8.0
"""Lambda gives the init phase 10 s; what is not loaded by then goes on in the first request."""


class Service:
    """One task, served: what the Lambda entry point, the local cloud and the tests all call."""

    def __init__(self, task: Task, settings: Settings, load: Loader = engine.load) -> None:
        self._task = task.with_model(settings.model, settings.revision)
        self._files = ModelFiles(
            settings.cache, settings.hub_url, settings.child_environment, purpose(self._task, settings)
        )
        self._threads = settings.threads
        self._load = load
        self._worker = Worker()
        self._loading: dict[Model, Future[Engine]] = {}
        self._manifests: dict[Model, Manifest] = {}
        self._log = Logger(service=task.function_name, level=settings.log_level)

    def start(self) -> None:
        """Init phase: when the default model is on the cache, load it now, within the init budget."""
        artifact = self._files.find(self._task.model)
        if artifact:
            future = self._start_loading(self._task.model, artifact)
            try:
                future.result(timeout=INIT_BUDGET_S)
            except FutureTimeout:
                self._log.warning("still loading after the init budget", seconds=INIT_BUDGET_S)
            except Exception:  # the first request loads again and reports what happens then
                self._loading.pop(self._task.model, None)
                self._log.exception("loading in the init phase failed")

    def __call__(self, event: Any, context: LambdaContext) -> Any:
        """Answer one event: an HTTP reply for a function URL, else the plain result or a raised error."""
        started_s = time.monotonic()
        deadline = Deadline.of(context)
        self._log.append_keys(request_id=context.aws_request_id)
        is_http = False
        try:
            request = requests.read(event)
            is_http = request.is_http
            result = self._answer(request, deadline)
            reply = response.http_result(result, context.aws_request_id) if is_http else result
        except Exception as error:
            shown = self._shown(error, started_s)
            if is_http or requests.is_function_url(event):
                return response.http_error(shown, context.aws_request_id)
            raise shown.with_traceback(None) from None  # frames say nothing to a caller
        self._log.info("answered", ms=_elapsed_ms(started_s), model=self._task.model.id)
        return reply

    def _answer(self, request: Request, deadline: Deadline) -> Any:
        if not request.is_http:
            return self._infer(request, deadline)
        routes: dict[str, dict[str, Callable[[], Any]]] = {
            "/": {"GET": self.describe, "POST": lambda: self._infer(request, deadline)},
            "/health": {"GET": self.health},
        }
        if request.path not in routes:
            raise NotFound(f"no such route; known: {', '.join(routes)}")
        methods = routes[request.path]
        if request.method not in methods:
            raise MethodNotAllowed(f"this route answers {' and '.join(methods)}")
        return methods[request.method]()

    def _infer(self, request: Request, deadline: Deadline) -> Any:
        body = read_body(request.document(), self._task.aliases)
        model = self._task.choose_model(body.model)
        call = self._task.prepare(body.inputs, body.parameters)
        loaded = self._engine(model, deadline)
        running = self._worker.submit(lambda: loaded.run(call))
        try:
            results = running.result(timeout=deadline.remaining_s)
        except FutureTimeout:
            running.cancel()
            raise DeadlineExceeded("the model did not answer in time; send less at once") from None
        return self._task.present(call, results)

    def _engine(self, model: Model, deadline: Deadline) -> Engine:
        """The loaded engine; a load that outlasts this request goes on for the next one."""
        future = self._loading.get(model)
        if future is None:
            artifact = self._files.find(model) or self._files.fetch(model, deadline, self._report)
            future = self._start_loading(model, artifact)
        try:
            return future.result(timeout=deadline.remaining_s)
        except FutureTimeout:
            raise ModelNotReady("the model is being loaded; try again", retry_after_s=5) from None
        except Exception:
            self._loading.pop(model, None)
            raise

    def _start_loading(self, model: Model, artifact: Artifact) -> Future[Engine]:
        self._log.info("loading", stage="loading", model=model.id, engine=artifact.manifest.engine)
        self._manifests[model] = artifact.manifest
        load = self._load
        future = self._worker.submit(lambda: load(artifact, self._task.pipeline_tag, self._threads))
        self._loading[model] = future
        return future

    def _report(self, progress: dict[str, Any]) -> None:
        self._log.info("preparing", **progress)

    def _shown(self, error: Exception, started_s: float) -> HubletError:
        """What the caller sees; anything that is not ours is logged whole and shown as a 500."""
        if isinstance(error, HubletError):
            self._log.warning(
                error.message,
                error_type=type(error).__name__,
                ms=_elapsed_ms(started_s),
                exc_info=error.__cause__,
            )
            return error
        self._log.error("unexpected error", exc_info=error, ms=_elapsed_ms(started_s))
        return InternalError("something went wrong here; the log has the details under this request id")

    def describe(self) -> dict[str, Any]:
        """``GET /``: what this function is and how to call it."""
        task = self._task
        manifest = self._manifests.get(task.model)
        found = manifest is None and self._files.find(task.model)
        if found:
            manifest = found.manifest
        return {
            "function": task.function_name,
            "task": task.pipeline_tag,
            "summary": task.summary,
            "model": task.model.id,
            "revision": manifest.commit if manifest else task.model.revision,
            "engine": manifest and manifest.engine,
            "precision": manifest and manifest.precision,
            "reason": manifest and manifest.reason,
            "drift": manifest and manifest.drift,
            "alternatives": [model.id for model in task.alternatives],
            "inputs": describe(task.inputs),
            "parameters": [describe(field) for field in task.parameters],
            "examples": [{"title": example.title, "body": example.body} for example in task.examples],
        }

    def health(self) -> dict[str, Any]:
        """``GET /health``: whether the model is there; never starts a download."""
        state = self._files.state(self._task.model)
        answer: dict[str, Any] = {"status": "ok", "model": state}
        if state == "preparing":
            progress = self._files.progress(self._task.model)
            answer |= {"stage": progress.stage, "estimated_time": round(progress.remaining_s, 1)}
        return answer


def purpose(task: Task, settings: Settings) -> Purpose:
    """What this function's models are prepared for; the proof runs the task's own examples too."""
    bodies = [read_body(dict(example.body), task.aliases) for example in task.examples]
    return Purpose(
        pipeline_tag=task.pipeline_tag,
        examples=tuple(item for body in bodies for item in task.prepare(body.inputs, body.parameters).inputs),
        precision=settings.precision,
        threads=settings.threads,
        memory_mb=settings.memory_mb,
    )


def _elapsed_ms(started_s: float) -> float:
    return round((time.monotonic() - started_s) * 1000, 1)
