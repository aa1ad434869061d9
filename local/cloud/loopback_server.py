"""A uvicorn server inside a running event loop, which leaves signals to the rest of the process."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from typing import TYPE_CHECKING, Any

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.cloud.small_reads import read_little

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN_NAMES = ("127.0.0.1", "localhost")
"""What a server of this machine answers to."""
STARTUP_POLL_S = 0.005
IDLE_S = 24 * 3600
"""Timeout of an idle connection: an environment may be frozen for long before its next request."""


OFFER = (b"connection", b"upgrade", b"http2-settings")
"""Headers between a client and the next server, which no function sees."""


class PortRefused(Exception):
    """Nobody can serve on this port now; the message names it and says why."""


class _Protocol(HttpToolsProtocol):
    """Reads little at once, takes up no offer to upgrade, and has two extensions of ASGI's scope.

    ``trailers`` are the headers behind a chunked body. ``break_off`` closes the connection when what was
    written has been sent.
    """

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.send_400_response("Invalid HTTP request received.")

    def _feed(self, data: bytes) -> None:
        """httptools ends a request at an offer to upgrade, and would lose its body.

        So the head is read once more without the offer, and the body after it.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self.parser.get_method() == b"CONNECT":
                raise
            head = self._head_without_offer()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own has it
            self._feed(head + data[offer.args[0] :])

    def _head_without_offer(self) -> bytes:
        version = self.parser.get_http_version().encode()
        lines = [b" ".join((self.parser.get_method(), self.url, b"HTTP/" + version))]
        lines += [name + b": " + value for name, value in self.headers if name not in OFFER]
        return b"\r\n".join([*lines, b"", b""])

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        read_little(transport)
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._trailers: dict[str, str] = {}
        self._has_headers = False
        self.scope["extensions"] = {"trailers": self._trailers, "break_off": self.transport.close}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        self._has_headers = True
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._has_headers:
            self._trailers[name.decode().lower()] = value.decode()
        else:
            super().on_header(name, value)


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class LoopbackServer:
    """Serves an ASGI app on 127.0.0.1; raises :class:`PortRefused` where that port is not to be had."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self._socket = _bind(port)
        self._server = _QuietServer(
            uvicorn.Config(
                app,
                http=_Protocol,
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
        """Start, and return when connections are accepted."""
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


def _bind(port: int) -> socket.socket:
    # asyncio turns off Nagle's delay (40 ms a call) only if the protocol is given.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        bound.close()
        raise PortRefused(f"port {port} {_explain(error)}") from error
    return bound


def _explain(error: Exception) -> str:
    if isinstance(error, OverflowError):
        return "is not between 0 and 65535"
    reasons = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights than you have"}
    return reasons.get(getattr(error, "errno", None) or 0, "cannot be had")
