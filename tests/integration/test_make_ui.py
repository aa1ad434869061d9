"""``make ui`` as a user types it and ends it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

from tests.support.aws.account import INSTALLED
from tests.support.leftovers import assert_gone, descendants, free_ports
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

START_S = 300
"""Far above what it takes (see what the test prints), for machines that do other work beside it."""
STOP_S = 30
INTERRUPTED = (2, 130, -signal.SIGINT)
"""How make tells of a recipe that Ctrl-C ended, and how it ends itself."""


def test_make_ui_serves_the_page_and_leaves_nothing(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    command = [
        "make",
        *INSTALLED,
        "ui",
        "HUB=embedded",
        f"UI_PORT={port}",
        "TASKS=sentiment",
        f"CACHE={cache}",
    ]
    environ = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
    with (tmp_path / "log").open("w+") as log:
        started_s = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # a terminal's Ctrl-C goes to make and to all that it started
        )
        assert process.stdout
        watchdog = threading.Timer(START_S, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        ready = next((line for line in process.stdout if line.startswith("ready ")), "")
        watchdog.cancel()
        log.seek(0)
        assert ready == f"ready http://127.0.0.1:{port}/\n", log.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as page:
            assert page.status == 200
            assert b"Hublet playground" in page.read()
        took_s = time.monotonic() - started_s
        running = [process.pid, *descendants(process.pid)]
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(STOP_S) in INTERRUPTED
        process.stdout.close()
    assert len(running) > 2
    assert_gone(running)
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", port)) != 0
    with capsys.disabled():
        print(f"\nmake ui, synth included, serves the page after {took_s:.1f} s")
