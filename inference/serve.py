"""The one walk from event to reply: read, prepare, load, run, present; one log line a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from inference import describe, model_lock, openapi, pictures, response, routes
from inference import request as requests
from inference.deadline import Deadline
from inference.engines import engine
from inference.engines.choose import TEXT_TO_IMAGE
from inference.hub_token import HubToken
from inference.keys import Keys
from inference.model_files import ModelFiles
from inference.openai import completions, embeddings, models
from inference.purpose import purpose
from inference.request import PREPARE, read_body
from inference.request_log import RequestLog
from inference.response import Answer
from inference.runs import Run, Runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.deadline import LambdaContext
    from inference.engines.engine import Loader
    from inference.request import Request
    from inference.settings import Settings
    from inference.task import Task


@dataclass
class Walk:
    """One request on its way."""

    request: Request
    request_id: str
    run: Run


class Service:
    """One task, served: what the Lambda entry point, the local cloud and the tests all call."""

    def __init__(self, task: Task, settings: Settings, load: Loader = engine.load) -> None:
        chosen = task.with_model(settings.model, settings.revision)
        self._task = model_lock.pinned(chosen, settings.hub_url)
        self._files = ModelFiles(
            settings.cache,
            settings.hub_url,
            settings.child_environment,
            purpose(self._task, settings),
            HubToken(settings.token_secret_arn) if settings.token_secret_arn else None,
        )
        self._keys = Keys(settings.key_sha256)
        self._log = RequestLog(task, settings)
        self._runs = Runs(self._files, task.pipeline_tag, settings, load, self._log.logger)

    def start(self) -> None:
        """Init phase: load the default model if it is on the cache."""
        self._runs.start(self._task.model)

    @property
    def is_stuck(self) -> bool:
        """Whether this environment can answer nothing more."""
        return self._runs.is_stuck

    def warn(self, message: str) -> None:
        """A line in the log, apart from any request."""
        self._log.logger.warning(message)

    def __call__(self, event: Any, context: LambdaContext) -> Any:
        """Answer one event: an HTTP reply for a function URL, else the plain result or a raised error."""
        self._log.begin(context.aws_request_id)
        run = Run(self._task.model, Deadline.of(context))
        try:
            if requests.is_function_url(event):
                # Before the body is as much as decoded. Lambda itself makes this part of an event: who calls
                # the URL cannot leave it out, and who invokes directly was let in by IAM.
                self._keys.check(event.get("headers"))
            request = requests.read(event)
            walk = Walk(request, context.aws_request_id, run)
            answer = self._answer(walk)
            reply = answer.value
            if request.is_http:
                headers = answer.headers | run.headers()
                reply = response.http_result(
                    Answer(answer.value, answer.content_type, headers), walk.request_id
                )
        except Exception as error:
            shown = self._log.ended(error, run, self._runs.loaded_manifest(run.model))
            if requests.is_function_url(event):
                is_openai = routes.is_openai(event.get("rawPath"))
                return response.http_error(shown, context.aws_request_id, is_openai=is_openai)
            raise shown.with_traceback(None) from None  # frames say nothing to a caller
        self._log.answered(run, self._runs.loaded_manifest(run.model))
        return reply

    def _answer(self, walk: Walk) -> Answer:
        request, task = walk.request, self._task
        if not request.is_http:
            return self._prepare(walk) if request.event == PREPARE else self._infer(walk)
        actions: dict[str, Callable[[], Answer]] = {
            "describe": lambda: Answer(describe.function(task, self._runs.manifest(task.model))),
            "openapi": lambda: Answer(openapi.document(task, needs_key=bool(self._keys.sha256))),
            "health": lambda: Answer(self.health()),
            "infer": lambda: self._infer(walk),
            "chat": lambda: self._complete(walk, is_chat=True),
            "complete": lambda: self._complete(walk, is_chat=False),
            "embed": lambda: self._embed(walk),
            "models": lambda: self._models(request.path),
        }
        return routes.find(task, request.method, request.path, actions)()

    def _prepare(self, walk: Walk) -> Answer:
        self._runs.prepare(walk.run)
        return Answer({"model": walk.run.model.id, "state": "ready"})

    def _infer(self, walk: Walk) -> Answer:
        body = read_body(walk.request.document(self._task.media_kind), self._task)
        walk.run.model = self._task.choose_model(body.model)
        call = self._task.prepare(body.inputs, body.parameters)
        is_picture = walk.request.is_http and self._task.pipeline_tag == TEXT_TO_IMAGE
        kind = pictures.content_type(walk.request.accept) if is_picture else pictures.JSON
        _, results = self._runs.call(walk.run, call)
        if self._task.pipeline_tag == TEXT_TO_IMAGE:
            results = [pictures.as_json(each) if kind == pictures.JSON else each for each in results]
        presented = self._task.present(call, results)
        if kind == pictures.JSON:
            return Answer(presented)
        return Answer(pictures.encode(presented, kind), kind)

    def _complete(self, walk: Walk, *, is_chat: bool) -> Answer:
        asked = completions.read(walk.request.document(), self._task, is_chat=is_chat)
        walk.run.model = asked.model
        done = [self._runs.complete(walk.run, prompt, asked.parameters) for prompt in asked.prompts]
        return completions.present(asked, done, walk.request_id)

    def _embed(self, walk: Walk) -> Answer:
        asked = embeddings.read(walk.request.document(), self._task)
        walk.run.model = asked.model
        loaded, vectors = self._runs.call(walk.run, asked.call)
        return embeddings.present(asked, vectors, int(getattr(loaded, "last_tokens", 0)))

    def _models(self, path: str) -> Answer:
        name = unquote(path.removeprefix(routes.MODELS).strip("/"))
        return models.show(self._task, name) if name else models.show_all(self._task)

    def health(self) -> dict[str, Any]:
        """``GET /health``: whether the model is there; never starts a download."""
        state = self._files.state(self._task.model)
        answer: dict[str, Any] = {"status": "ok", "model": state}
        if state == "preparing":
            progress = self._files.progress(self._task.model)
            answer |= {"stage": progress.stage, "estimated_time": round(progress.remaining_s, 1)}
        return answer
