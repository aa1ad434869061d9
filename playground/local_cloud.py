"""The local cloud as a process of its own: the page's functions, and one of them in another precision."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.folders import PACKAGE, module_variables
from playground import endpoints
from playground.description import Catalogue
from playground.endpoints import NoEndpoints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playground.client import Client
    from playground.endpoints import Endpoint


class LocalCloud:
    """Begins to start when it is made, and ends as Ctrl-C would end it."""

    where = "Functions on this machine"

    def __init__(self, options: Mapping[str, str | None]) -> None:
        given = [word for name, value in options.items() if value for word in (f"--{name}", value)]
        command = [sys.executable, "-P", "-m", PACKAGE, "serve", "--port", "0", *given]
        self._process = subprocess.Popen(
            command,
            env=module_variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait(self) -> list[Endpoint]:
        """Its functions, once they answer."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line.startswith("ready "):
            raise NoEndpoints("the local cloud did not start; the reason is above")
        return endpoints.local(line.split()[1])

    def stop(self) -> None:
        """Return when nothing of it is left."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


@dataclass
class OtherPrecision:
    """One function at a time once more, in a local cloud beside the page's: with a forced precision.

    A function takes its precision from its environment, never from a request: whoever calls it could make it
    prepare a model anew. On this machine the environment is ours.
    """

    options: Mapping[str, str | None]
    """Those of the page's own local cloud."""
    client: Client
    _running: LocalCloud | None = None
    _catalogue: Catalogue | None = None
    _asked: tuple[str, str] = ("", "")
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def catalogue(self, name: str, precision: str) -> Catalogue:
        """The function in that precision; the one that was asked for before ends."""
        with self._lock:
            if self._catalogue is None or self._asked != (name, precision):
                self._end()
                self._running = LocalCloud({**self.options, "tasks": name, "precision": precision})
                self._catalogue = Catalogue(self._running.wait(), self.client)
                self._asked = (name, precision)
            return self._catalogue

    def stop(self) -> None:
        """End what runs."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        running, self._running, self._catalogue = self._running, None, None
        if running:
            running.stop()
