"""``POST /v1/chat/completions`` and ``POST /v1/completions``: requests read, completions shown."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.http.openai import body, logprobs, tool_calls
from inference.http.openai.options import CHAT, NEUTRAL, TEXT, sampling, tokens
from inference.http.openai.tools import tools_of
from inference.http.response import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from inference.engines.engine import Completion
    from inference.http.stream import Run
    from inference.task import Model, Task


@dataclass(frozen=True)
class CompletionRequest:
    """A checked request."""

    model: Model
    prompts: Sequence[str | list[dict[str, Any]]]
    """Texts, or the one conversation."""
    parameters: dict[str, Any]
    choices: int
    """Answers to each prompt."""
    calls_several: bool
    """Whether one answer may hold more than one tool call."""
    is_chat: bool
    streams: bool
    shows_usage: bool

    def runs(self) -> Iterator[tuple[str | list[dict[str, Any]], dict[str, Any]]]:
        """Each prompt as often as it is to be answered, with parameters; a seed draws no answer twice."""
        seed = self.parameters["seed"]
        for prompt in self.prompts:
            for index in range(self.choices):
                own = {} if seed is None else {"seed": (seed + index) % 2**32}
                yield prompt, self.parameters | own


def read(document: Mapping[str, Any], task: Task, *, is_chat: bool) -> CompletionRequest:
    """Read a body of either route."""
    subject = "messages" if is_chat else "prompt"
    values = body.read(document, CHAT if is_chat else TEXT, subject, NEUTRAL)
    limit = "max_tokens" if values.get("max_completion_tokens") is None else "max_completion_tokens"
    parameters = {
        "max_new_tokens": tokens(values[limit], limit),
        "stop": values["stop"],
        "grammar": values["response_format"],
        **sampling(values),
    }
    tools = None
    if is_chat:
        tools = tools_of(values["tools"], values["tool_choice"], values["parallel_tool_calls"])
        parameters["logprobs"] = logprobs.asked(values)
    if tools:
        parameters["tools"] = tools
    return CompletionRequest(
        model=body.choose_model(task, document.get("model")),
        prompts=[values[subject]] if is_chat else values[subject],
        parameters=parameters,
        choices=values["n"] or 1,
        calls_several=tools is None or tools.several,
        is_chat=is_chat,
        streams=bool(values["stream"]),
        shows_usage=bool((values["stream_options"] or {}).get("include_usage")),
    )


def present(request: CompletionRequest, done: Sequence[Completion], request_id: str) -> Answer:
    """The reply to what was ``done``, a completion a run."""
    choices = [_choice(request, completion, index) for index, completion in enumerate(done)]
    kind = "chat.completion" if request.is_chat else "text_completion"
    shown = {**head(request, request_id), "object": kind, "choices": choices}
    return Answer({**shown, "usage": usage(request, done)})


def head(request: CompletionRequest, request_id: str) -> dict[str, Any]:
    """What a reply and each chunk of a stream begin with."""
    return {
        "id": f"{'chatcmpl' if request.is_chat else 'cmpl'}-{request_id}",
        "created": int(time.time()),
        "model": request.model.id,
    }


def usage(request: CompletionRequest, done: Sequence[Completion] | Sequence[Run]) -> dict[str, int]:
    """Tokens read and written; a prompt that gets several answers counts once."""
    prompts = sum(each.prompt_tokens for each in done[:: request.choices])
    written = sum(each.completion_tokens for each in done)
    return {"prompt_tokens": prompts, "completion_tokens": written, "total_tokens": prompts + written}


def _choice(request: CompletionRequest, completion: Completion, index: int) -> dict[str, Any]:
    if not request.is_chat:
        said: dict[str, Any] = {"text": "".join(completion.pieces)}
    else:
        said = {"message": tool_calls.message(completion, several=request.calls_several)}
    has_calls = "tool_calls" in said.get("message", ())
    reason = tool_calls.finish_reason(completion.finish_reason, has_calls=has_calls)
    scores = logprobs.content(completion.scores) if completion.scores else None
    return {"index": index, **said, "logprobs": scores, "finish_reason": reason}
