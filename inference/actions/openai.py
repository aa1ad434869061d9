"""OpenAI's routes: what each does with the model. A form's parts are imported when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from inference.actions.walk import Walk, heard
from inference.http import routes
from inference.http.openai import models
from inference.http.stream import EventAnswer

if TYPE_CHECKING:
    from inference.http.response import Answer
    from inference.runtime.model_runner import ModelRunner
    from inference.task import Task


@dataclass(frozen=True)
class OpenAi:
    """The routes of one function."""

    task: Task
    runner: ModelRunner

    def complete(self, walk: Walk, *, is_chat: bool) -> Answer | EventAnswer:
        from inference.http.openai import chunks, completions

        asked = completions.read(walk.request.document(), self.task, is_chat=is_chat)
        walk.model_call.model = asked.model
        if asked.streams:
            runs = [self.runner.stream_completion(walk.model_call, *run) for run in asked.runs()]
            return EventAnswer(chunks.events(asked, runs, walk.request_id))
        done = [self.runner.complete(walk.model_call, *run) for run in asked.runs()]
        return completions.present(asked, done, walk.request_id)

    def respond(self, walk: Walk) -> Answer | EventAnswer:
        from inference.http.openai import response_events, responses

        asked = responses.read(walk.request.document(), self.task)
        walk.model_call.model = asked.model
        if asked.streams:
            run = self.runner.stream_completion(walk.model_call, asked.messages, asked.parameters)
            return EventAnswer(response_events.events(asked, run, walk.request_id))
        done = self.runner.complete(walk.model_call, asked.messages, asked.parameters)
        return responses.present(asked, done, walk.request_id)

    def transcribe(self, walk: Walk, *, translates: bool) -> Answer:
        from inference.http.openai import transcriptions

        asked = transcriptions.read(walk.request, self.task, translates=translates)
        walk.model_call.model = asked.model
        call = heard(walk, asked.call, transcriptions.FILE)
        (result,) = self.runner.run(walk.model_call, call).results
        return transcriptions.present(asked, result)

    def paint(self, walk: Walk) -> Answer:
        from inference.http.openai import pictures

        asked = pictures.read(walk.request.document(), self.task)
        walk.model_call.model = asked.model
        outcomes = [
            self.runner.run(walk.model_call, replace(asked.call, parameters=parameters))
            for parameters in asked.runs()
        ]
        return pictures.present(asked, [each.results[0] for each in outcomes])

    def models(self, path: str) -> Answer:
        name = unquote(path.removeprefix(routes.MODELS).strip("/"))
        return models.show(self.task, name) if name else models.show_all(self.task)
