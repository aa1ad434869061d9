"""The server that the Runtime API and the local URLs stand on."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette

from local.server import LoopbackServer

LONGER_THAN_USUAL_S = 6
"""uvicorn closes a quiet connection after 5 s; an environment frozen that long ended when it asked again."""


def test_a_quiet_connection_stays_open() -> None:
    async def story() -> bytes:
        server = LoopbackServer(Starlette())
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            for _ in range(2):
                writer.write(b"GET / HTTP/1.1\r\nhost: loopback\r\n\r\n")
                answer = await reader.readuntil(b"\r\n\r\nNot Found")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(reader.read(1), LONGER_THAN_USUAL_S)
            return answer
        finally:
            writer.close()
            await server.stop()

    assert asyncio.run(story()).startswith(b"HTTP/1.1 404")
