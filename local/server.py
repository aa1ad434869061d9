"""A uvicorn server on one socket inside a running event loop, leaving signals to whoever owns the process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.small_reads import read_little

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTUP_POLL_S = 0.005
IDLE_S = 24 * 3600
"""How long a quiet connection stays open: an environment may be frozen before it asks again."""


class _SmallReads(HttpToolsProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        read_little(transport)
        super().connection_made(transport)


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class LoopbackServer:
    """Serves an ASGI app on 127.0.0.1."""

    def __init__(self, app: Any, port: int = 0) -> None:
        # The protocol is named because asyncio turns Nagle's delay (40 ms a call) off only where it is.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._server = _QuietServer(
            uvicorn.Config(
                app,
                http=_SmallReads,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=1,
                timeout_keep_alive=IDLE_S,
            )
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Return when connections are accepted."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(STARTUP_POLL_S)

    async def stop(self) -> None:
        """Close the socket and every connection."""
        self._server.should_exit = True
        if self._task:
            await self._task
        self._socket.close()
