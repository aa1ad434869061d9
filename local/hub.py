"""A Hub server over folders, for demo models, tests and sites without internet: set HF_ENDPOINT to it."""

import argparse
import signal
import socket
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn

from local.hub_app import create_app
from local.hub_faults import Faults
from local.hub_record import Record

__all__ = ["Faults", "HubServer", "Record", "create_app", "main"]


class HubServer:
    """Serves in a background thread from `start` to `stop`; `url` is what HF_ENDPOINT should be."""

    def __init__(
        self,
        root: Path | Iterable[Path],
        faults: Faults | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.faults = faults or Faults()
        self.record = Record()
        self._app = create_app(root, self.faults, self.record)
        self._address = (host, port)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Without a final slash, as clients append paths to it; the port is known once started."""
        host, port = self._address
        return f"http://{host}:{port}"

    def start(self) -> None:
        """Returns when requests are answered. The port is kept, so a restart comes back at the same URL."""
        listener = _listen(self._address)
        self._address = (self._address[0], listener.getsockname()[1])
        self._server = server = _Server(_config(self._app))
        run = {"sockets": [listener]}
        self._thread = threading.Thread(target=server.run, kwargs=run, name="hub", daemon=True)
        self._thread.start()
        if not server.ready.wait(10):
            raise RuntimeError("the local Hub did not start")

    def stop(self) -> None:
        """Drops whatever is in flight and returns when the thread is gone."""
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
    """Uvicorn that says when it is up, and that does not wait for clients which may never leave."""

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
    """Bound in the caller's thread, so that a port in use is the caller's exception."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _config(app: object) -> uvicorn.Config:
    """Quiet, and without a say in the process's logging: other servers may share it."""
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM."""
    options = vars(_parser().parse_args(arguments))
    roots, host, port = options.pop("root"), options.pop("host"), options.pop("port")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with HubServer(roots, Faults(**options), host=host, port=port) as hub:
        print(f"ready {hub.url}/", flush=True)
        stop.wait()


def _parser() -> argparse.ArgumentParser:
    """One flag for each fault, so that a demo can show the product surviving it."""
    parser = argparse.ArgumentParser(prog="python -m local.hub", description=__doc__)
    add = parser.add_argument
    add("--root", type=_folder, action="append", required=True, help="folder of owner/name; may be repeated")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="default: any free one")
    add("--slow", type=int, default=0, metavar="BYTES_PER_S")
    add("--cut", type=int, metavar="BYTES", help="close each longer download after so many bytes")
    add("--corrupt", action="store_true", help="right sizes, wrong bytes")
    add("--hang", action="store_true", help="take requests and never answer")
    add("--rate-limit", type=int, metavar="SECONDS", help="429, to be tried again after so long")
    add("--broken", action="store_true", help="500")
    add("--gated", action="append", default=[], metavar="OWNER/NAME", help="needs a --token; may be repeated")
    add("--token", action="append", default=[], dest="tokens", help="opens gated ones; may be repeated")
    add("--redirect", metavar="URL", help="send downloads to another server")
    add("--only", default="", metavar="TEXT", help="faults hit only paths that contain this")
    add("--first", type=int, metavar="K", help="faults that spoil an answer hit only so many")
    return parser


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"not a folder: {text}")
    return Path(text)


if __name__ == "__main__":
    main()
