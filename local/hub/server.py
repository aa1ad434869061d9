"""A Hub server for demo models, tests and networks without internet; set HF_ENDPOINT to its URL."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn

from local.hub.app import create_app
from local.hub.faults import Faults
from local.hub.record import HubLog

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

__all__ = ["Faults", "HubServer", "HubLog", "create_app"]


class HubServer:
    """Serves in a background thread from ``start`` to ``stop``; use ``url`` as HF_ENDPOINT."""

    def __init__(
        self,
        root: Path | Iterable[Path],
        faults: Faults | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.faults = faults or Faults()
        self.record = HubLog()
        self._app = create_app(root, self.faults, self.record)
        self._address = (host, port)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The base URL without a final slash; the port is known after ``start``."""
        host, port = self._address
        return f"http://{host}:{port}"

    def start(self) -> None:
        """Start the server, and return when it answers. A restart keeps the port."""
        listener = _listen(self._address)
        self._address = (self._address[0], listener.getsockname()[1])
        self._server = server = _Server(_config(self._app))
        run = {"sockets": [listener]}
        self._thread = threading.Thread(target=server.run, kwargs=run, name="hub", daemon=True)
        self._thread.start()
        if not server.ready.wait(10):
            raise RuntimeError("the local Hub did not start")

    def stop(self) -> None:
        """Abort open connections, and return when the thread has ended."""
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is None or thread is None:
            return
        server.should_exit = True
        thread.join(10)
        if thread.is_alive():
            raise RuntimeError("the local Hub did not stop")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(uvicorn.Server):
    """A uvicorn server that signals its start, and that does not wait for clients when it stops."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)


def _listen(address: tuple[str, int]) -> socket.socket:
    """Bind in the caller's thread, so that the caller gets the exception for a port in use."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _config(app: object) -> uvicorn.Config:
    """A quiet configuration that leaves the process's logging alone, since other servers may share it."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
