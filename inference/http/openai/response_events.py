"""The events of a streamed ``/v1/responses``, in the order that OpenAI's clients follow."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Completion
from inference.http import stream
from inference.http.openai.response_items import Items
from inference.http.openai.responses import shown
from inference.http.openai.tool_calls import AnswerReader
from inference.http.stream import OUT_OF_TIME, comment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.engines.engine import Piece
    from inference.http.openai.response_items import Told
    from inference.http.openai.responses import ResponseRequest
    from inference.http.stream import Events, Run


def events(request: ResponseRequest, run: Run, request_id: str) -> Events:
    """As the answer is written; ``None`` where the run gives a sign of life. Until then nothing is said."""
    numbers, items = count(), Items()
    reader: AnswerReader | None = None
    for piece in run:
        if piece is None:
            yield None
            continue
        if reader is None:
            reader = AnswerReader(run.tool_format, several=request.calls_several)
            begun = shown(request, request_id, None, [])
            yield _written(next(numbers), "created", {"response": begun})
            yield _written(next(numbers), "in_progress", {"response": begun})
        for name, facts in _steps(piece, reader, items):
            yield _written(next(numbers), name, facts)
        if piece.is_out_of_time:
            yield comment(OUT_OF_TIME)
        if piece.finish_reason:
            done = Completion((), piece.finish_reason, run.prompt_tokens, run.completion_tokens)
            ended = shown(request, request_id, done, items.done)
            yield _written(next(numbers), ended["status"], {"response": ended})


def _steps(piece: Piece, reader: AnswerReader, items: Items) -> Iterator[Told]:
    for event, scores in reader.take(piece):
        yield from items.add(event, scores)
    if piece.finish_reason:
        yield from items.finish(is_cut=piece.finish_reason == "length")


def _written(number: int, name: str, facts: dict[str, Any]) -> str:
    """An event is numbered, and named on a line of its own too."""
    kind = f"response.{name}"
    return f"event: {kind}\n{stream.event({'type': kind, 'sequence_number': number, **facts})}"
