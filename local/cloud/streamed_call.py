"""A call whose answer is handed on piece by piece, and what its caller is sent."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from local.cloud import event_stream
from local.cloud.function_url import to_raw_response
from local.cloud.runtime_api import Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from local.cloud.pool import Pool
    from local.cloud.runtime_api import Result

PRELUDE_END = bytes(8)


class StreamedCall:
    """A call on its way; if the caller leaves, its runtime is told so."""

    def __init__(self, pool: Pool[Any], payload: bytes, request_id: str | None = None) -> None:
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listener = Listener(self._chunks.put_nowait)
        self.task = asyncio.create_task(pool.invoke(payload, request_id, self._listener))
        self.task.add_done_callback(lambda _: self._chunks.put_nowait(None))

    async def next(self) -> bytes | None:
        """A piece as it comes, or ``None`` when the call has ended."""
        return await self._chunks.get()

    async def rest(self) -> AsyncIterator[bytes]:
        while (chunk := await self.next()) is not None:
            yield chunk

    async def result(self) -> Result:
        """How it ended; raises :class:`~local.cloud.pool.Throttled`."""
        return await self.task

    async def head(self) -> tuple[dict[str, Any], bytes] | None:
        """Status and headers that stand before an HTTP answer, and what came of its body with them.

        ``None`` where the call ended without a streamed answer; then its result has to do.
        """
        came = b""
        while PRELUDE_END not in came:
            chunk = await self.next()
            if chunk is None:
                return None
            came += chunk
        prelude, _, body = came.partition(PRELUDE_END)
        return json.loads(prelude), body

    def leave(self) -> None:
        """The caller has gone."""
        self._listener.gone.set()


async def to_http(call: StreamedCall) -> Response:
    """What a URL that streams answers; raises :class:`~local.cloud.pool.Throttled`."""
    head = await call.head()
    if head is None:
        return to_raw_response(await call.result())
    prelude, begun = head
    return _StreamedResponse(call, _body(begun, call), prelude["statusCode"], prelude["headers"])


async def to_events(call: StreamedCall, log_tail: Callable[[], bytes | None]) -> Response:
    """What InvokeWithResponseStream answers; raises :class:`~local.cloud.pool.Throttled`."""
    begun = await call.next()
    if begun is None:
        await call.result()
    headers = {"content-type": event_stream.MEDIA_TYPE, "X-Amz-Executed-Version": "1"}
    return _StreamedResponse(call, _messages(begun, call, log_tail), 200, headers)


async def _body(begun: bytes, call: StreamedCall) -> AsyncIterator[bytes]:
    if begun:
        yield begun
    async for chunk in call.rest():
        yield chunk
    if (await call.result()).error:
        raise _BrokenOff


async def _messages(
    begun: bytes | None, call: StreamedCall, log_tail: Callable[[], bytes | None]
) -> AsyncIterator[bytes]:
    """Pieces as they come, then how the call ended."""
    if begun is not None:
        yield event_stream.payload_chunk(begun)
        async for chunk in call.rest():
            yield event_stream.payload_chunk(chunk)
    result = await call.result()
    if result.payload and not result.error:  # a plain value comes in one piece
        yield event_stream.payload_chunk(result.payload)
    yield event_stream.invoke_complete(result, log_tail())


class _BrokenOff(Exception):
    """The answer ends before its end."""


class _StreamedResponse(Response):
    """Sends pieces as they come; one that breaks off closes the connection before the body's end."""

    def __init__(
        self, call: StreamedCall, pieces: AsyncIterator[bytes], status: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__(None, status, headers)
        self._call = call
        self._pieces = pieces
        self.raw_headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and isinstance(sending.exception(), _BrokenOff):
                scope["extensions"]["break_off"]()
                await leaving
        finally:
            self._call.leave()
            for task in (sending, leaving):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, _BrokenOff):
                    await task

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
