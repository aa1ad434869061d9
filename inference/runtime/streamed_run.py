"""A generation whose pieces are computed as they are asked for, within the request's deadline."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from inference.engines.engine import Piece
from inference.errors import DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from inference.engines.engine import Stream
    from inference.engines.text.tools import ToolFormat
    from inference.runtime.model_call import ModelCall
    from inference.runtime.worker import Worker

T = TypeVar("T")

SIGN_OF_LIFE_S = 10.0
"""After so long without a piece the caller is told that the work goes on. Proxies wait 30 s or more."""
ROOM_FOR_NEXT = 2.0
"""The next piece is begun only if the last one's time fits so often into what is left."""
SHORTEST_WAIT_S = 0.05


class StreamedRun:
    """Iterated once: pieces as they come, and ``None`` each time that a sign of life is due.

    Nothing is computed ahead. A caller who stops asking ends the generation, at the latest after the token
    that is at work. The deadline ends it with ``length``, unless nothing has come by then.
    """

    def __init__(
        self,
        worker: Worker,
        model_call: ModelCall,
        begin: Callable[[], Generator[None, None, Callable[[], Stream]]],
        on_late: Callable[[Future[Any]], None],
    ) -> None:
        """``begin`` waits for the engine, and gives what opens the stream. ``on_late`` is told of a run that
        holds the worker beyond the deadline."""
        self._worker = worker
        self._call = model_call
        self._begin = begin
        self._on_late = on_late
        self._asked_s = 0.0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self.tool_format: ToolFormat | None = None

    def __iter__(self) -> Iterator[Piece | None]:
        open_stream = yield from self._begin()
        call, started_s = self._call, time.monotonic()
        call.stage = "inference"
        stream = yield from self._awaited(open_stream)
        self.prompt_tokens, self.tool_format = stream.prompt_tokens, stream.tool_format
        try:
            yield from self._pieces(stream, started_s)
        finally:
            self._end(stream)
            call.inference_ms = round((call.inference_ms or 0.0) + (time.monotonic() - started_s) * 1000, 1)
            call.truncated += stream.was_cut
            call.tokens += self.prompt_tokens + self.completion_tokens
        call.stage = "presenting"

    def _pieces(self, stream: Stream, started_s: float) -> Generator[Piece | None, None, None]:
        while True:
            try:
                piece = yield from self._awaited(lambda: next(stream.pieces))
            except DeadlineExceeded:
                if not self.completion_tokens:
                    raise
                yield Piece("", None, "length", 0, is_out_of_time=True)
                return
            now_s = time.monotonic()
            if self._call.first_token_ms is None:
                self._call.first_token_ms = round((now_s - started_s) * 1000, 1)
            self.completion_tokens += piece.tokens
            has_room = self._call.deadline.remaining_s > ROOM_FOR_NEXT * (now_s - self._asked_s)
            if piece.finish_reason is None and not has_room:
                piece = replace(piece, finish_reason="length", is_out_of_time=True)
            yield piece
            if piece.finish_reason:
                return

    def _awaited(self, job: Callable[[], T]) -> Generator[None, None, T]:
        """The job's result, computed by the worker."""
        self._asked_s = time.monotonic()
        running = self._worker.submit(job)
        while True:
            left_s = self._call.deadline.remaining_s
            try:
                return running.result(timeout=min(SIGN_OF_LIFE_S, left_s))
            except FutureTimeout:
                if running.done():  # the engine's own error, which has the same type
                    raise
                if left_s <= SIGN_OF_LIFE_S:
                    if not running.cancel():
                        self._on_late(running)
                    raise DeadlineExceeded("the model did not answer in time; send less at once") from None
            yield None

    def _end(self, stream: Stream) -> None:
        """Have the engine stop, and see to it that it does before the next request."""
        closing = self._worker.submit(stream.pieces.close)
        try:
            closing.result(timeout=max(SHORTEST_WAIT_S, self._call.deadline.remaining_s))
        except FutureTimeout:
            self._on_late(closing)


def aside(job: Callable[[], T]) -> Generator[None, None, T]:
    """A job's result, done on a thread of its own; yields each time that a sign of life is due.

    The thread is waited for even by who asks no further: the job is nothing that may run twice at once.
    """
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(job())
        except BaseException as error:
            done.set_exception(error)

    thread = threading.Thread(target=work, name="prepare", daemon=True)
    thread.start()
    try:
        while True:
            thread.join(SIGN_OF_LIFE_S)
            if not thread.is_alive():
                return done.result()
            yield None
    finally:
        thread.join()
