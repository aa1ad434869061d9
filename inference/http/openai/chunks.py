"""Completions as they come: server-sent events in the form of OpenAI's streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.http.openai import completions, logprobs, tool_calls
from inference.http.openai.tool_calls import AnswerReader
from inference.http.stream import DONE, OUT_OF_TIME, comment, event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from inference.engines.text.token_scores import TokenScore
    from inference.http.openai.completions import CompletionRequest
    from inference.http.stream import Events, Run


def events(request: CompletionRequest, runs: Sequence[Run], request_id: str) -> Events:
    """A run a prompt, one after the other; ``None`` where a run gives a sign of life.

    Nothing is said before a run has: until then an error can still be a reply of its own.
    """
    kind = "chat.completion.chunk" if request.is_chat else "text_completion"
    head = {**completions.head(request, request_id), "object": kind}
    for index, run in enumerate(runs):
        for choice in _choices(request, run, index):
            yield event({**head, "choices": [choice]}) if isinstance(choice, dict) else choice
    if request.shows_usage:
        yield event({**head, "choices": [], "usage": completions.usage(request, runs)})
    yield DONE


def _choices(request: CompletionRequest, run: Run, index: int) -> Iterator[dict[str, Any] | str | None]:
    """Choices for events, and lines that are none."""

    def choice(
        said: dict[str, Any], scores: Sequence[TokenScore] = (), finish_reason: str | None = None
    ) -> dict[str, Any]:
        shown = {"delta": said} if request.is_chat else {"text": said.get("content", "")}
        told = logprobs.content(scores) if scores else None
        return {"index": index, **shown, "logprobs": told, "finish_reason": finish_reason}

    reader: AnswerReader | None = None
    for piece in run:
        if piece is None:
            yield None
            continue
        if reader is None:
            reader = AnswerReader(run.tool_format, several=request.calls_several)
            if request.is_chat:
                yield choice({"role": "assistant", "content": ""})
        rest: list[TokenScore] = []
        for told, scores in reader.take(piece):
            if told:
                yield choice(tool_calls.delta(told), scores)
            else:
                rest = scores
        if piece.is_out_of_time:
            yield comment(OUT_OF_TIME)
        if piece.finish_reason:
            reason = tool_calls.finish_reason(piece.finish_reason, has_calls=reader.has_calls)
            yield choice({}, rest, reason)
