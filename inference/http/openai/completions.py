"""``POST /v1/chat/completions`` and ``POST /v1/completions``: requests read, completions shown.

A function URL sends its reply whole, so a streamed answer comes as all of its events at once; clients that
ask for a stream read it as such.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.fields import Field, Flag, Group, Integer, Items, Number, Text, Words
from inference.http.openai import body
from inference.http.openai.messages import Messages
from inference.http.response import Answer, encode
from inference.tasks._generation import MAX_NEW_TOKENS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.engines.engine import Completion
    from inference.task import Model, Task

MAX_TOKENS = Integer("max_tokens", "At most so many tokens.", minimum=1, maximum=MAX_NEW_TOKENS)
COMMON: tuple[Field, ...] = (
    MAX_TOKENS,
    Number("temperature", "How bold: 0 takes the likeliest token.", minimum=0.0, maximum=2.0),
    Number("top_p", "Draw from the likeliest tokens that reach this.", minimum=0.01, maximum=1.0),
    Words(Text("stop", "Strings that end the answer.", max_chars=100), max_items=8, min_items=0),
    Integer("seed", "The same seed draws the same tokens.", minimum=0, maximum=2**32 - 1),
    Flag("stream", "Whether the answer comes as server-sent events."),
    Group("stream_options", "Of a stream.", (Flag("include_usage", "Whether a last event counts tokens."),)),
)
CHAT: tuple[Field, ...] = (
    Messages(),
    Integer("max_completion_tokens", MAX_TOKENS.help, minimum=1, maximum=MAX_NEW_TOKENS),
    *COMMON,
)
PROMPT = Text("prompt", "What is to be continued, or a list of such texts.", max_chars=50_000)
TEXT: tuple[Field, ...] = (Items(PROMPT, max_items=8), *COMMON)
NEUTRAL = {
    "best_of": (1,),
    "echo": (False,),
    "frequency_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "metadata": ({},),
    "modalities": (["text"],),
    "n": (1,),
    "parallel_tool_calls": (True, False),
    "presence_penalty": (0,),
    "response_format": ({"type": "text"},),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "suffix": ("",),
    "tool_choice": ("none", "auto"),
    "tools": ([],),
    "top_logprobs": (0,),
}
"""Options of the API that models here do not have: refused by name, but for the value that means nothing."""


@dataclass(frozen=True)
class CompletionRequest:
    """A checked request."""

    model: Model
    prompts: Sequence[str | list[dict[str, str]]]
    """Texts, or the one conversation; each gets a choice."""
    parameters: dict[str, Any]
    is_chat: bool
    streams: bool
    shows_usage: bool


def read(document: Mapping[str, Any], task: Task, *, is_chat: bool) -> CompletionRequest:
    """Read a body of either route."""
    subject = "messages" if is_chat else "prompt"
    values = body.read(document, CHAT if is_chat else TEXT, subject, NEUTRAL)
    temperature = values["temperature"]
    parameters = {
        "max_new_tokens": values.get("max_completion_tokens") or values["max_tokens"],
        "top_p": values["top_p"],
        "stop": values["stop"],
        "seed": values["seed"],
    }
    if temperature is not None:
        parameters |= {"do_sample": temperature > 0, "temperature": temperature or None}
    return CompletionRequest(
        model=body.choose_model(task, document.get("model")),
        prompts=[values[subject]] if is_chat else values[subject],
        parameters=parameters,
        is_chat=is_chat,
        streams=bool(values["stream"]),
        shows_usage=bool((values["stream_options"] or {}).get("include_usage")),
    )


def present(request: CompletionRequest, done: Sequence[Completion], request_id: str) -> Answer:
    """The reply to what was ``done``, a completion a prompt: one JSON document, or the events of a stream."""
    head = {
        "id": f"{'chatcmpl' if request.is_chat else 'cmpl'}-{request_id}",
        "created": int(time.time()),
        "model": request.model.id,
    }
    usage = {
        "prompt_tokens": sum(each.prompt_tokens for each in done),
        "completion_tokens": sum(each.completion_tokens for each in done),
        "total_tokens": sum(each.tokens for each in done),
    }
    if request.streams:
        return Answer(_stream(request, done, head, usage), "text/event-stream")
    choices = [_choice(request, completion, index) for index, completion in enumerate(done)]
    kind = "chat.completion" if request.is_chat else "text_completion"
    return Answer({**head, "object": kind, "choices": choices, "usage": usage})


def _choice(request: CompletionRequest, completion: Completion, index: int) -> dict[str, Any]:
    text = "".join(completion.pieces)
    said = {"message": {"role": "assistant", "content": text}} if request.is_chat else {"text": text}
    return {"index": index, **said, "logprobs": None, "finish_reason": completion.finish_reason}


def _stream(
    request: CompletionRequest, done: Sequence[Completion], head: dict[str, Any], usage: dict[str, int]
) -> str:
    head = {**head, "object": "chat.completion.chunk" if request.is_chat else "text_completion"}
    chunks = [
        {**head, "choices": [choice]}
        for index, completion in enumerate(done)
        for choice in _pieces(request, completion, index)
    ]
    if request.shows_usage:
        chunks.append({**head, "choices": [], "usage": usage})
    return "".join([*(f"data: {encode(chunk)}\n\n" for chunk in chunks), "data: [DONE]\n\n"])


def _pieces(request: CompletionRequest, completion: Completion, index: int) -> list[dict[str, Any]]:
    def choice(said: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        shown = {"delta": said} if request.is_chat else {"text": said.get("content", "")}
        return {"index": index, **shown, "logprobs": None, "finish_reason": finish_reason}

    begin = [choice({"role": "assistant", "content": ""})] if request.is_chat else []
    middle = [choice({"content": piece}) for piece in completion.pieces if piece]
    return [*begin, *middle, choice({}, completion.finish_reason)]
