"""The server that the Runtime API and the local URLs stand on."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from local.cloud.loopback_server import LoopbackServer, PortRefused

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

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


OFFERS = [
    b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAEAAEAAAAIAAAAB\r\n",
    b"connection: keep-alive, Upgrade\r\nupgrade: websocket\r\n",
]
"""As curl --http2 and the JDK's client send it with every request, and as a browser does."""


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("size", [1, 40, 100_000])
def test_a_body_with_an_offer_to_upgrade_is_read(offer: bytes, size: int) -> None:
    """In pieces of any size, with a length and in chunks, and the next request of the connection too."""
    body = b"x" * 40
    with_length = b"POST /a?b=c HTTP/1.1\r\nhost: loopback\r\n" + offer + b"content-length: 40\r\n\r\n" + body
    in_chunks = b"POST /a HTTP/1.1\r\nhost: a\r\n" + offer + b"transfer-encoding: chunked\r\n\r\n"
    in_chunks += b"28\r\n" + body + b"\r\n0\r\n\r\n"
    seen: list[tuple[str, str, bytes]] = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        assert not {"upgrade", "connection", "http2-settings"}.intersection(request.headers)
        seen.append((request.method, str(request.url.query), await request.body()))
        await Response("seen")(scope, receive, send)

    async def story() -> None:
        server = LoopbackServer(note)
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        try:
            for sent in (with_length, in_chunks, with_length):
                for start in range(0, len(sent), size):
                    writer.write(sent[start : start + size])
                    await writer.drain()
                answer = await reader.readuntil(b"\r\n\r\nseen")
                assert answer.startswith(b"HTTP/1.1 200")
        finally:
            writer.close()
            await server.stop()

    asyncio.run(story())
    assert seen == [("POST", "b=c", body), ("POST", "", body), ("POST", "b=c", body)]


def test_a_port_that_is_not_to_be_had_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortRefused, match=f"^port {port} is in use$"):
            LoopbackServer(Starlette(), port)
    with pytest.raises(PortRefused, match="^port 70000 is not between 0 and 65535$"):
        LoopbackServer(Starlette(), 70_000)
