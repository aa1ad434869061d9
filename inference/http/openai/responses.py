"""``POST /v1/responses``: OpenAI's newer form of a conversation; nothing is kept between two calls."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, printable
from inference.fields import Field, Flag, Integer, Text, json_type
from inference.http.openai import body
from inference.http.openai.options import SAMPLING, limit, sampling, tokens
from inference.http.openai.response_items import Format, Input, Items
from inference.http.openai.tool_calls import read as read_answer
from inference.http.openai.tools import ToolChoice, ToolList, tools_of
from inference.http.response import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.engines.engine import Completion
    from inference.task import Model, Task

LOGPROBS = "message.output_text.logprobs"
FIELDS: tuple[Field, ...] = (
    Input(),
    Text("instructions", "What the model is told before all else.", max_chars=50_000, min_chars=0),
    limit("max_output_tokens"),
    *SAMPLING,
    Format(),
    ToolList(is_flat=True),
    ToolChoice(),
    Flag("parallel_tool_calls", "Whether one answer may hold more than one call."),
    Integer("top_logprobs", "So many of the likeliest tokens at each place.", minimum=0, maximum=20),
    Flag("stream", "Whether the answer comes as server-sent events."),
)
NEUTRAL: dict[str, tuple[Any, ...]] = {
    "background": (False,),
    "moderation": ({},),
    "reasoning": ({}, {"effort": "none"}, {"effort": None}, {"effort": None, "summary": None}),
    "truncation": ("auto", "disabled"),
}
WITHOUT_EFFECT = ("include", "max_tool_calls", "prompt_cache_options", "stream_options")
"""Checked elsewhere, or bounds of tools that run at OpenAI's."""
STATE = ("conversation", "previous_response_id", "prompt")
"""What would have to be kept here."""
ECHOED = ("instructions", "max_output_tokens", "temperature", "top_p", "user")
"""What the answer repeats as it was sent."""


@dataclass(frozen=True)
class ResponseRequest:
    """A checked request."""

    model: Model
    messages: list[dict[str, Any]]
    parameters: dict[str, Any]
    calls_several: bool
    streams: bool
    document: Mapping[str, Any]
    """As it came; the answer repeats some of it."""


def read(document: Mapping[str, Any], task: Task) -> ResponseRequest:
    """Read a body."""
    for name in STATE:
        if document.get(name) is not None:
            raise InvalidField(
                name, "cannot be found, as nothing is stored; send the whole conversation as input"
            )
    known = {name: value for name, value in document.items() if name not in WITHOUT_EFFECT}
    values = body.read(known, FIELDS, "input", NEUTRAL)
    tools = tools_of(values["tools"], values["tool_choice"], values["parallel_tool_calls"])
    parameters = {
        "max_new_tokens": tokens(values["max_output_tokens"], "max_output_tokens"),
        "stop": None,
        "grammar": values["text"],
        "logprobs": _logprobs(document.get("include"), values["top_logprobs"]),
        **sampling({"frequency_penalty": None, "presence_penalty": None, "logit_bias": None, **values}),
    }
    if tools:
        parameters["tools"] = tools
    told = values["instructions"]
    return ResponseRequest(
        model=body.choose_model(task, document.get("model")),
        messages=([{"role": "system", "content": told}] if told else []) + values["input"],
        parameters=parameters,
        calls_several=tools is None or tools.several,
        streams=bool(values["stream"]),
        document=document,
    )


def _logprobs(include: Any, top: int | None) -> int | None:
    if include is not None and not isinstance(include, list):
        raise InvalidField("include", f"must be a list, not {json_type(include)}")
    for index, name in enumerate(include or []):
        if name not in (LOGPROBS, "reasoning.encrypted_content"):  # no reasoning is kept apart here
            raise InvalidField(f"include[{index}]", f"is not supported: {printable(str(name))}")
    return top or 0 if top or LOGPROBS in (include or []) else None


def present(request: ResponseRequest, done: Completion, request_id: str) -> Answer:
    """The reply as one JSON document."""
    items = Items()
    for event, scores in read_answer(done, several=request.calls_several):
        deque(items.add(event, scores), maxlen=0)  # the events are a stream's
    deque(items.finish(is_cut=done.finish_reason == "length"), maxlen=0)
    return Answer(shown(request, request_id, done, items.done))


def shown(
    request: ResponseRequest, request_id: str, done: Completion | None, output: list[dict[str, Any]]
) -> dict[str, Any]:
    """A response as it is at its beginning (``done`` is ``None``), or at its end."""
    given = request.document
    repeated = {name: given.get(name) for name in ECHOED}
    tools = [
        {"strict": None, "description": None, "parameters": None, **tool} for tool in given.get("tools") or []
    ]
    is_cut = done is not None and done.finish_reason == "length"
    return {
        **repeated,
        "id": f"resp_{request_id.replace('-', '')}",
        "object": "response",
        "created_at": int(time.time()),
        "model": request.model.id,
        "status": "in_progress" if done is None else "incomplete" if is_cut else "completed",
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
        "output": output,
        "tools": tools,
        "tool_choice": given.get("tool_choice") or "auto",
        "text": given.get("text") or {"format": {"type": "text"}},
        "parallel_tool_calls": given.get("parallel_tool_calls") is not False,
        "metadata": given.get("metadata") or {},
        "truncation": given.get("truncation") or "auto",
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "background": False,
        "usage": None if done is None else _usage(done),
    }


def _usage(done: Completion) -> dict[str, Any]:
    return {
        "input_tokens": done.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": done.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": done.tokens,
    }
