"""A runtime whose engine is stuck, behind AWS's own emulator: a 503, then a right answer. Takes no Docker.

What is Lambda's here and what is the emulator's. The emulator is built from Lambda's own ``rapid``, which
starts the runtime and speaks the Runtime API. For both, a call is over when the runtime client, having posted
its reply, asks for the next event. A runtime that ended in between, as ours once did, was
``Runtime.ExitError`` in the log, and the next event met a new process; that much is documented of Lambda. The
emulator then showed the posted reply with status 502; what Lambda's front makes of it is nowhere written. So
our runtime does not end, it becomes a new one in its place, and the emulator sees neither end nor error. The
emulator's own: its status is 200 for whatever a handler returns, and it has one environment, never a second.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.events import url_event
from tests.support.leftovers import children, free_ports
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TASK = get_task("summarization")
OTHER = TASK.alternatives[0]
TIMEOUT_S = 5
START_S = 30
STUCK = "tests.support.handlers.stuck.handler"
STREAMING = "tests.support.handlers.streaming.handler"


@dataclass
class Emulated:
    """A function behind the emulator, which runs as a plain process."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def call(self, **more: str) -> dict[str, Any]:
        """The reply that the handler returned; the emulator's own status says that the call ended well."""
        answer = httpx2.post(self.url, json=url_event({"inputs": "A text.", **more}), timeout=START_S)
        assert answer.status_code == 200, answer.text
        reply: dict[str, Any] = answer.json()
        return reply


@contextmanager
def emulated(emulator: Path, folder: Path, handler: str = STUCK) -> Iterator[Emulated]:
    port, api_port = free_ports(2)
    command = [
        str(emulator),
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{api_port}",
        *(sys.executable, "-m", "inference.runtime.loop", handler),
    ]
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TASK": TASK.name,
        "MODEL_CACHE": str(folder),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "2048",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(TIMEOUT_S),
    }
    log = folder / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=stream, stderr=stream, start_new_session=True
        )
    function = Emulated(f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations", process, log)
    try:
        until_it_listens(port, process)
        yield function
    finally:
        ended = children(process.pid)
        process.kill()  # the emulator starts each runtime in a group of its own
        process.wait()
        for runtime in ended:
            os.kill(runtime, signal.SIGKILL)


def until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    ends_s = time.monotonic() + START_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < ends_s
            time.sleep(0.02)


@pytest.mark.parametrize(
    ("marker", "asked", "error"),
    [("stuck", {}, "DeadlineExceeded"), ("stuck-load", {"model": OTHER.id}, "ModelNotReady")],
    ids=["run", "load"],
)
def test_a_stuck_call_is_answered_and_the_next_one_is_right(
    emulator: Path, tmp_path: Path, marker: str, asked: dict[str, str], error: str
) -> None:
    for model in (TASK.model, OTHER):
        put_artifact(tmp_path, model, head_of(TASK.pipeline_tag))
    with emulated(emulator, tmp_path) as function:
        assert function.call()["statusCode"] == 200
        (runtime,) = children(function.process.pid)
        (tmp_path / marker).touch()
        started_s = time.monotonic()
        late = function.call(**asked)
        assert time.monotonic() - started_s < TIMEOUT_S
        assert (late["statusCode"], json.loads(late["body"])["type"]) == (503, error)
        for _ in range(2):
            after = function.call(**asked)
            assert (after["statusCode"], json.loads(after["body"])) == (200, [{"summary_text": "Fine."}])
        assert children(function.process.pid) == [runtime]
        log = function.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line["ColdStart"] for line in lines if "ColdStart" in line] == [1, 0, 1, 0]
    assert "the engine is stuck" in log
    assert "Runtime.ExitError" not in log
    assert "timed out" not in log


def test_the_emulator_takes_a_streamed_reply_and_hands_it_on_whole(emulator: Path, tmp_path: Path) -> None:
    """It has no way to stream to its caller, and says nothing of trailers; the next call is answered."""
    with emulated(emulator, tmp_path, STREAMING) as function:
        streamed = httpx2.post(function.url, json={"chunks": ["one", "two"]}, timeout=START_S)
        prelude, end, body = streamed.content.partition(bytes(8))
        assert json.loads(prelude)["statusCode"] == 200
        assert (len(end), body) == (8, b"onetwo")
        assert httpx2.post(function.url, json={"plain": 1}, timeout=START_S).json() == {"plain": 1}
        broken = httpx2.post(function.url, json={"chunks": ["one"], "raise": "as asked"}, timeout=START_S)
        assert (broken.status_code, broken.content.partition(bytes(8))[2]) == (200, b"one")
        assert httpx2.post(function.url, json={"plain": 2}, timeout=START_S).json() == {"plain": 2}
        assert "Runtime.ExitError" not in function.log.read_text()
