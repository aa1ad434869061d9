"""A pipeline's tokens one by one, each computed when it is asked for."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Literal

from inference.engines.engine import Piece, Pieces
from inference.engines.text.detokenizer import TextStream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


class _Closed(Exception):
    """Nobody asks further."""


class _Streamer:
    """What transformers' ``generate`` hands its tokens to, on the thread on which it runs.

    The prompt comes first, then each token. The interface is that of its ``BaseStreamer``.
    """

    def __init__(self) -> None:
        self.made: SimpleQueue[int | Exception | None] = SimpleQueue()
        """Tokens, then ``None`` or what was raised."""
        self.asked = threading.Semaphore(0)
        self.is_closed = False
        self._has_prompt = False

    def put(self, value: Any) -> None:
        if self._has_prompt:
            self.made.put(int(value.reshape(-1)[0]))
        self._has_prompt = True
        self.asked.acquire()
        if self.is_closed:
            raise _Closed

    def end(self) -> None:
        """The pipeline comes back right after."""


def pieces_of(
    generate: Callable[[_Streamer], object],
    decode: Callable[[list[int]], str],
    ends: Collection[int],
    stop: Sequence[str] = (),
) -> Pieces:
    """A piece a token; the last says how it ended: in one of ``ends`` or ``stop``, or for its length."""
    streamer = _Streamer()

    def work() -> None:
        try:
            generate(streamer)
            streamer.made.put(None)
        except _Closed:
            pass
        except Exception as error:
            streamer.made.put(error)

    thread = threading.Thread(target=work, name="generate", daemon=True)
    thread.start()
    text, last = TextStream(decode, stop), -1
    try:
        while True:
            streamer.asked.release()
            token_id = streamer.made.get()
            if isinstance(token_id, Exception):
                raise token_id
            if token_id is None:
                has_ended = last in ends
                rest = text.finish()
                reason: Literal["stop", "length"] = "stop" if has_ended or text.stopped else "length"
                yield Piece(rest, None, reason, 0, is_end=has_ended)
                return
            last = token_id
            new = text.add(token_id)
            yield Piece(new, token_id, "stop" if text.stopped else None)
            if text.stopped:
                return
    finally:
        streamer.is_closed = True
        streamer.asked.release()
        thread.join()
