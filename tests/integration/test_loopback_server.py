"""The server that the Runtime API and the local URLs stand on."""

from __future__ import annotations

import asyncio
import socket

import pytest
from starlette.applications import Starlette

from local.cloud.loopback_server import LoopbackServer, PortRefused

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


def test_a_port_that_is_not_to_be_had_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortRefused, match=f"^port {port} is in use$"):
            LoopbackServer(Starlette(), port)
    with pytest.raises(PortRefused, match="^port 70000 is not between 0 and 65535$"):
        LoopbackServer(Starlette(), 70_000)
