"""Completions as they come: server-sent events in the form of OpenAI's streams."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from inference.http.stream import DONE, OUT_OF_TIME, comment, event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inference.http.openai.completions import CompletionRequest
    from inference.http.stream import Events, Run


def events(request: CompletionRequest, runs: Sequence[Run], request_id: str) -> Events:
    """A run a choice, one after the other; ``None`` where a run gives a sign of life.

    Nothing is said before a run has: until then an error can still be a reply of its own.
    """
    head = {
        "id": f"{'chatcmpl' if request.is_chat else 'cmpl'}-{request_id}",
        "created": int(time.time()),
        "model": request.model.id,
        "object": "chat.completion.chunk" if request.is_chat else "text_completion",
    }
    for index, run in enumerate(runs):
        for choice in _choices(request, run, index):
            yield event({**head, "choices": [choice]}) if isinstance(choice, dict) else choice
    if request.shows_usage:
        yield event({**head, "choices": [], "usage": _usage(runs, request.choices)})
    yield DONE


def _choices(request: CompletionRequest, run: Run, index: int) -> Iterator[dict[str, Any] | str | None]:
    """Choices for events, and lines that are none."""

    def choice(said: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        shown = {"delta": said} if request.is_chat else {"text": said.get("content", "")}
        return {"index": index, **shown, "logprobs": None, "finish_reason": finish_reason}

    has_begun = not request.is_chat
    for piece in run:
        if piece is None:
            yield None
            continue
        if not has_begun:
            has_begun = True
            yield choice({"role": "assistant", "content": ""})
        if piece.text:
            yield choice({"content": piece.text})
        if piece.is_out_of_time:
            yield comment(OUT_OF_TIME)
        if piece.finish_reason:
            yield choice({}, piece.finish_reason)


def _usage(runs: Sequence[Run], choices: int) -> dict[str, int]:
    prompts = sum(run.prompt_tokens for run in runs[::choices])
    written = sum(run.completion_tokens for run in runs)
    return {"prompt_tokens": prompts, "completion_tokens": written, "total_tokens": prompts + written}
