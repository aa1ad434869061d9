"""The one walk from event to reply: read, prepare, load, run, present; one log line a request."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from inference.actions.openai import OpenAi
from inference.actions.walk import Walk, heard
from inference.deadline import Deadline
from inference.engines.load import load as load_engine
from inference.errors import InvalidField
from inference.http import describe, generation, readers, response, routes, stream
from inference.http import request as requests
from inference.http.api_keys import Keys
from inference.http.request import PREPARE
from inference.http.response import Answer
from inference.http.stream import EVENT_STREAM, EventAnswer, StreamedReply
from inference.hub import lock as model_lock
from inference.media import images
from inference.prepare.choose import make_provider
from inference.runtime.model_call import ModelCall
from inference.runtime.model_runner import ModelRunner
from inference.runtime.request_log import RequestLog
from inference.task_body import read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from inference.deadline import LambdaContext
    from inference.engines.engine import Loader
    from inference.errors import HubletError
    from inference.http.request import Request
    from inference.http.stream import Events
    from inference.settings import Settings
    from inference.task import Call, Task


class Service:
    """One task, served: what the Lambda entry point, the local cloud and the tests all call."""

    def __init__(self, task: Task, settings: Settings, load: Loader = load_engine) -> None:
        chosen = task.with_model(settings.model, settings.revision, settings.pickle_weights)
        if not settings.alternatives:
            chosen = replace(chosen, alternatives=())
        chosen = replace(chosen, flagged_labels=settings.flagged_labels)
        self._task = model_lock.pinned(chosen, settings.hub_url)
        self._provider = make_provider(self._task, settings)
        self._keys = Keys(settings.key_sha256)
        self._is_provisioned = settings.is_provisioned
        self._log = RequestLog(task, settings)
        self._streams = settings.streams
        self._runner = ModelRunner(self._provider, task.pipeline_tag, settings, load, self._log.logger)
        self._openai = OpenAi(self._task, self._runner)

    def start(self) -> None:
        """Init phase: load the default model if it is on the cache.

        Not where a stranger's call may be what began this environment: a load would be at the owner's cost.
        Those that Lambda keeps ready are begun by nobody's call.
        """
        if self._keys.sha256 and not self._is_provisioned:
            return
        if self._task.media_kind == "audio":
            from inference.media import audio

            audio.DECODER.start()  # while the model loads
        self._runner.start(self._task.model)

    @property
    def task(self) -> Task:
        """What is served."""
        return self._task

    @property
    def is_stuck(self) -> bool:
        """Whether this environment can answer nothing more."""
        return self._runner.is_stuck

    def warn(self, message: str) -> None:
        """A line in the log, apart from any request."""
        self._log.logger.warning(message)

    def __call__(self, event: Any, context: LambdaContext) -> Any:
        """Answer one event: an HTTP reply for a function URL, else the plain result or a raised error.

        Behind a URL that streams, all HTTP replies are of the kind that the runtime loop posts in chunks.
        """
        reply = self._reply(event, context)
        if self._streams and requests.is_function_url(event) and not isinstance(reply, StreamedReply):
            return stream.whole(reply)
        return reply

    def admitted(self, event: Any, context: LambdaContext) -> Any:
        """The same for an event whose sender IAM let in: no key is asked for, and nothing is streamed."""
        return self._reply(event, context, is_admitted=True)

    def _reply(self, event: Any, context: LambdaContext, *, is_admitted: bool = False) -> Any:
        self._log.begin(context.aws_request_id)
        model_call = ModelCall(self._task.model, Deadline.of(context))
        try:
            if requests.is_function_url(event) and not is_admitted:
                # Before the body is as much as decoded. Lambda itself makes this part of an event: who calls
                # the URL cannot leave it out, and who invokes directly was let in by IAM.
                self._keys.check(event.get("headers"))
            request = requests.read(event)
            walk = Walk(request, context.aws_request_id, model_call)
            answer = self._answer(walk)
            if isinstance(answer, EventAnswer):
                if self._streams and not is_admitted:
                    return self._begin_stream(walk, answer.events)
                answer = Answer("".join(filter(None, answer.events)), EVENT_STREAM)
            if request.is_http:
                headers = answer.headers | model_call.headers()
                reply = response.http_result(
                    Answer(answer.value, answer.content_type, headers), walk.request_id
                )
            else:
                reply = response.direct_result(answer.value)
        except BaseException as error:  # a panic in Rust is no Exception
            shown = self._log.ended(error, model_call, self._runner.loaded_manifest(model_call.model))
            if requests.is_function_url(event):
                is_openai = routes.is_openai(event.get("rawPath"))
                return response.http_error(shown, context.aws_request_id, is_openai=is_openai)
            raise shown from None
        self._log.answered(model_call, self._runner.loaded_manifest(model_call.model))
        return reply

    def _begin_stream(self, walk: Walk, events: Events) -> StreamedReply:
        """The reply, once an event or a sign of life is there; an error before has a status of its own."""
        first = next(events)
        headers = {
            "content-type": EVENT_STREAM,
            "cache-control": "no-cache",
            response.REQUEST_ID: walk.request_id,
            response.MODEL: walk.model_call.model.id,
        }
        return StreamedReply(200, headers, self._stream_body(walk, first, events))

    def _stream_body(self, walk: Walk, first: str | None, events: Events) -> Iterator[bytes]:
        model_call = walk.model_call
        try:
            for each in chain((first,), events):
                yield (each or stream.comment(model_call.sign_of_life())).encode()
        except GeneratorExit:
            events.close()
            self._log.left(model_call, self._runner.loaded_manifest(model_call.model))
            raise
        except BaseException as error:
            shown = self._log.ended(error, model_call, self._runner.loaded_manifest(model_call.model))
            yield stream.event(_error_event(shown, walk)).encode()
            raise shown.with_traceback(None) from None  # breaks the reply off
        self._log.answered(model_call, self._runner.loaded_manifest(model_call.model))

    def _answer(self, walk: Walk) -> Answer | EventAnswer:
        request, task, deadline = walk.request, self._task, walk.model_call.deadline
        if not request.is_http:
            return self._prepare(walk) if request.event == PREPARE else self._infer(walk)
        actions: dict[str, Callable[[], Answer | EventAnswer]] = {
            "describe": lambda: Answer(describe.function(task, self._runner.manifest(task.model, deadline))),
            "openapi": self._openapi,
            "health": lambda: Answer(self._runner.health(task.model, deadline)),
            "infer": lambda: self._infer(walk),
            "chat": lambda: self._openai.complete(walk, is_chat=True),
            "complete": lambda: self._openai.complete(walk, is_chat=False),
            "respond": lambda: self._openai.respond(walk),
            "transcribe": lambda: self._openai.transcribe(walk, translates=False),
            "translate": lambda: self._openai.transcribe(walk, translates=True),
            "paint": lambda: self._openai.paint(walk),
            "models": lambda: self._openai.models(request.path),
            "info": lambda: self._info(deadline),
            **{name: partial(self._answer_asked, walk, name) for name in readers.READERS},
        }
        return routes.find(task, request.method, request.path, actions)()

    def _prepare(self, walk: Walk) -> Answer:
        self._runner.prepare(walk.model_call)
        return Answer({"model": walk.model_call.model.id, "state": "ready"})

    def _infer(self, walk: Walk) -> Answer | EventAnswer:
        body = read_body(self._document(walk.request), self._task)
        walk.model_call.model = self._task.choose_model(body.model)
        call = self._task.prepare(body.inputs, body.parameters)
        if self._task.kind.javascript_reads_one and walk.request.is_hubs_javascript:
            call = replace(call, is_list=len(call.inputs) > 1)
        if self._task.media_kind == "audio":
            call = heard(walk, call)
        has_details = bool(call.parameters.pop("details", None))  # nothing for an engine
        if body.streams or has_details:
            return self._infer_by_token(walk, call, streams=body.streams)
        is_picture = walk.request.is_http and self._task.kind.paints
        kind = images.content_type(walk.request.accept) if is_picture else images.JSON
        check = partial(response.check_size, count=len(call.inputs))
        results = self._runner.run(walk.model_call, call, check).results
        if self._task.kind.paints:
            results = [images.as_json(each) if kind == images.JSON else each for each in results]
        presented = self._task.present(call, results)
        if kind == images.JSON:
            return Answer(presented)
        return Answer(images.encode(presented, kind), kind)

    def _document(self, request: Request) -> dict[str, Any]:
        if not request.is_form:
            return request.document(self._task.media_kind)
        from inference.http import multipart  # no other body needs it

        return multipart.document(multipart.fields_of(request), self._task)

    def _openapi(self) -> Answer:
        from inference.http import openapi  # with the parts of all routes: no other answer needs them

        return Answer(openapi.document(self._task, needs_key=bool(self._keys.sha256)))

    def _infer_by_token(self, walk: Walk, call: Call, *, streams: bool) -> Answer | EventAnswer:
        if streams and not walk.request.is_http:
            raise InvalidField("stream", "is for calls of the URL; a direct event is answered whole")
        if call.takes_part and len(call.inputs) > 1:
            raise InvalidField("parameters.partial", "has no place beside stream and details")
        runs = [self._runner.stream(walk.model_call, replace(call, inputs=[each])) for each in call.inputs]
        if streams:
            return EventAnswer(generation.events(call, runs))
        return Answer(generation.with_details(call, runs))

    def _answer_asked(self, walk: Walk, action: str) -> Answer:
        request = readers.read(action, walk.request.document(), self._task)
        walk.model_call.model = request.model
        outcome = self._runner.run(walk.model_call, request.call, request.check_size)
        return request.present(outcome, walk.request_id)

    def _info(self, deadline: Deadline) -> Answer:
        from inference.http.tei import info

        return Answer(info.show(self._task, self._runner.manifest(self._task.model, deadline)))


def _error_event(shown: HubletError, walk: Walk) -> dict[str, Any]:
    if routes.is_openai(walk.request.path):
        return response.error_document(shown, walk.request_id, is_openai=True)
    return generation.error(shown, walk.request_id)
