"""The one walk from event to reply: read, prepare, load, run, present; one log line a request."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote

from aws_lambda_powertools import Logger

from inference import describe, openapi, pictures, response, routes
from inference import request as requests
from inference.deadline import Deadline
from inference.engines import engine
from inference.errors import DeadlineExceeded, HubletError, InternalError, ModelNotReady
from inference.loaded_models import LoadedModels
from inference.model_files import ModelFiles
from inference.openai import completions, embeddings, models
from inference.purpose import purpose
from inference.request import read_body
from inference.response import Answer
from inference.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from inference.artifact import Artifact, Manifest
    from inference.deadline import LambdaContext
    from inference.engines.engine import Engine, Loader
    from inference.request import Request
    from inference.settings import Settings
    from inference.task import Call, Model, Task

T = TypeVar("T")

INIT_BUDGET_S = 8.0
"""Lambda gives the init phase 10 s; what is not loaded by then goes on in the first request."""
PICTURES = "text-to-image"


@dataclass
class Walk:
    """One request on its way, and what its log line and reply headers will say."""

    request: Request
    request_id: str
    deadline: Deadline
    model: Model
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


class Service:
    """One task, served: what the Lambda entry point, the local cloud and the tests all call."""

    def __init__(self, task: Task, settings: Settings, load: Loader = engine.load) -> None:
        self._task = task.with_model(settings.model, settings.revision)
        self._files = ModelFiles(
            settings.cache, settings.hub_url, settings.child_environment, purpose(self._task, settings)
        )
        self._worker = Worker()
        self._loaded = LoadedModels(
            task.pipeline_tag, settings.threads, settings.memory_mb, self._worker, load
        )
        self._log = Logger(service=task.function_name, level=settings.log_level)

    def start(self) -> None:
        """Init phase: when the default model is on the cache, load it now, within the init budget."""
        model = self._task.model
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

    def __call__(self, event: Any, context: LambdaContext) -> Any:
        """Answer one event: an HTTP reply for a function URL, else the plain result or a raised error."""
        started_s = time.monotonic()
        self._log.append_keys(request_id=context.aws_request_id)
        try:
            request = requests.read(event)
            walk = Walk(request, context.aws_request_id, Deadline.of(context), self._task.model)
            answer = self._answer(walk)
            reply = answer.value
            if request.is_http:
                headers = answer.headers | walk.headers()
                reply = response.http_result(
                    Answer(answer.value, answer.content_type, headers), walk.request_id
                )
        except Exception as error:
            shown = self._shown(error, started_s)
            if requests.is_function_url(event):
                return response.http_error(shown, context.aws_request_id)
            raise shown.with_traceback(None) from None  # frames say nothing to a caller
        self._log.info(
            "answered",
            ms=_elapsed_ms(started_s),
            inference_ms=walk.inference_ms,
            truncated=walk.truncated,
            model=walk.model.id,
        )
        return reply

    def _answer(self, walk: Walk) -> Answer:
        request, task = walk.request, self._task
        if not request.is_http:
            return self._infer(walk)
        actions: dict[str, Callable[[], Answer]] = {
            "describe": lambda: Answer(describe.function(task, self._manifest())),
            "openapi": lambda: Answer(openapi.document(task)),
            "health": lambda: Answer(self.health()),
            "infer": lambda: self._infer(walk),
            "chat": lambda: self._complete(walk, is_chat=True),
            "complete": lambda: self._complete(walk, is_chat=False),
            "embed": lambda: self._embed(walk),
            "models": lambda: self._models(request.path),
        }
        return routes.find(task, request.method, request.path, actions)()

    def _infer(self, walk: Walk) -> Answer:
        body = read_body(walk.request.document(self._task.media_kind), self._task)
        walk.model = self._task.choose_model(body.model)
        call = self._task.prepare(body.inputs, body.parameters)
        is_picture = walk.request.is_http and self._task.pipeline_tag == PICTURES
        kind = pictures.content_type(walk.request.headers.get("accept", "")) if is_picture else pictures.JSON
        _, results = self._run(walk, call)
        if self._task.pipeline_tag == PICTURES:
            results = [pictures.as_json(each) if kind == pictures.JSON else each for each in results]
        presented = self._task.present(call, results)
        if kind == pictures.JSON:
            return Answer(presented)
        return Answer(pictures.encode(presented, kind), kind)

    def _complete(self, walk: Walk, *, is_chat: bool) -> Answer:
        asked = completions.read(walk.request.document(), self._task, is_chat=is_chat)
        walk.model = asked.model
        loaded: Any = self._engine(walk)
        completion = self._timed(walk, loaded, lambda: loaded.complete(asked.prompt, asked.parameters))
        return completions.present(asked, completion, walk.request_id)

    def _embed(self, walk: Walk) -> Answer:
        asked = embeddings.read(walk.request.document(), self._task)
        walk.model = asked.model
        loaded, vectors = self._run(walk, asked.call)
        return embeddings.present(asked, vectors, int(getattr(loaded, "last_tokens", 0)))

    def _models(self, path: str) -> Answer:
        name = unquote(path.removeprefix(routes.MODELS).strip("/"))
        return models.show(self._task, name) if name else models.show_all(self._task)

    def _run(self, walk: Walk, call: Call) -> tuple[Engine, list[Any]]:
        loaded = self._engine(walk)
        estimate: Callable[[Call], float | None] = getattr(loaded, "estimate_s", lambda _: None)
        needed_s = estimate(call)
        if needed_s is not None and needed_s > walk.deadline.remaining_s:
            raise DeadlineExceeded(
                f"this would take about {needed_s:.0f} s and {walk.deadline.remaining_s:.0f} s are left"
            )
        return loaded, self._timed(walk, loaded, lambda: loaded.run(call))

    def _timed(self, walk: Walk, loaded: Engine, job: Callable[[], T]) -> T:
        """Run on the worker, within the deadline; notes what the reply's headers will say."""
        started_s = time.monotonic()
        running = self._worker.submit(job)
        try:
            result = running.result(timeout=walk.deadline.remaining_s)
        except FutureTimeout:
            running.cancel()
            raise DeadlineExceeded("the model did not answer in time; send less at once") from None
        walk.inference_ms = _elapsed_ms(started_s)
        walk.truncated = int(getattr(loaded, "last_truncated", 0))
        return result

    def _engine(self, walk: Walk) -> Engine:
        """The loaded engine; a load that outlasts this request goes on for the next one."""
        model = walk.model
        future = self._loaded.get(model)
        if future is None:
            artifact = self._files.find(model) or self._files.fetch(model, walk.deadline, self._report)
            future = self._load(model, artifact)
        try:
            return future.result(timeout=walk.deadline.remaining_s)
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

    def _manifest(self) -> Manifest | None:
        """Of the default model, where it is ready."""
        model = self._task.model
        found = self._loaded.manifest(model)
        if found is None and (artifact := self._files.find(model)):
            return artifact.manifest
        return found

    def health(self) -> dict[str, Any]:
        """``GET /health``: whether the model is there; never starts a download."""
        state = self._files.state(self._task.model)
        answer: dict[str, Any] = {"status": "ok", "model": state}
        if state == "preparing":
            progress = self._files.progress(self._task.model)
            answer |= {"stage": progress.stage, "estimated_time": round(progress.remaining_s, 1)}
        return answer


def _elapsed_ms(started_s: float) -> float:
    return round((time.monotonic() - started_s) * 1000, 1)
