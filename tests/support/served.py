"""The synthesized template, and the local cloud as a user starts it: a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from tests.support.leftovers import children
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


FIRST_TIME_S = 900
"""For tests with those: whichever runs first waits for the largest model's preparation, on any machine."""

START_TIMEOUT_S = 600
"""The first start makes the demo models."""

LOG_S = 10
"""A line takes its way through three pipes."""

PREPARATION_S = 600
"""A first call downloads and converts its model."""


@dataclass
class Served:
    """A running ``python -m local serve``."""

    url: str
    process: subprocess.Popen[str]
    log: list[str]

    def post(self, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        if body is not None:
            more["json"] = body
        return httpx2.post(self.url + path, timeout=PREPARATION_S, **more)

    def get(self, path: str = "") -> httpx2.Response:
        return httpx2.get(self.url + path, timeout=60)

    def wait_for(self, word: str) -> list[str]:
        """All log lines, once one of them has the word."""
        deadline_s = time.monotonic() + LOG_S
        while not any(word in line for line in list(self.log)):
            assert time.monotonic() < deadline_s, f"no line with {word}"
            time.sleep(0.01)
        return list(self.log)

    def children(self) -> list[int]:
        """Processes that it started and that still run."""
        return children(self.process.pid)


@contextmanager
def serve(*arguments: str, root: Path = ROOT) -> Iterator[Served]:
    """Start the local cloud on a free port; end it as Ctrl-C would."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "serve", "--port", "0", *arguments],
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    log: list[str] = []
    reader = threading.Thread(target=log.extend, args=(process.stderr,))
    reader.start()
    watchdog = threading.Timer(START_TIMEOUT_S, process.kill)
    watchdog.start()
    line = process.stdout.readline()
    watchdog.cancel()
    try:
        assert line.startswith("ready http://127.0.0.1:"), log
        yield Served(line.split()[1], process, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        reader.join(20)
        process.stdout.close()
        process.stderr.close()


def synth(root: Path, output: Path, *context: str) -> Path:
    """``cdk synth`` as a user runs it; returns the template."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    subprocess.run(
        ["npx", "--no-install", "cdk", "synth", "--quiet", "--output", str(output), *context],
        cwd=root,
        env=environ,
        check=True,
        capture_output=True,
    )
    return output / "Hublet.template.json"
