"""Pieces of what comes in: no larger than what keeps the heap whole, and nothing lost between them."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import httpx2

from local.cloud.loopback_server import LoopbackServer
from local.cloud.small_reads import READ_BYTES, open_pipe

if TYPE_CHECKING:
    import pytest

SENT = os.urandom(10 * READ_BYTES)


def test_a_server_takes_a_body_in_small_pieces() -> None:
    pieces: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            pieces.append(message["body"])
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def call() -> None:
        server = LoopbackServer(app)
        await server.start()
        try:
            async with httpx2.AsyncClient() as client:
                await client.post(f"http://127.0.0.1:{server.port}/", content=SENT)
        finally:
            await server.stop()

    asyncio.run(call())
    assert b"".join(pieces) == SENT
    assert max(map(len, pieces)) <= READ_BYTES


def test_a_pipe_is_read_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[bytes] = []
    feed = asyncio.StreamReader.feed_data

    def fed(self: asyncio.StreamReader, data: bytes) -> None:
        pieces.append(bytes(data))
        feed(self, data)

    async def read() -> bytes:
        reading, writing = os.pipe()
        reader = await open_pipe(reading, len(SENT))
        with os.fdopen(writing, "wb") as end:
            await asyncio.to_thread(end.write, SENT)
        return await reader.read()

    monkeypatch.setattr(asyncio.StreamReader, "feed_data", fed)
    assert asyncio.run(read()) == b"".join(pieces) == SENT
    assert max(map(len, pieces)) <= READ_BYTES
