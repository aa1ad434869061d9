"""The runtime loop against a Runtime API that stamps each chunk's arrival."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import awslambdaric
import pytest

from inference.http.stream import StreamedReply
from inference.runtime.loop import PRELUDE, PRELUDE_END, StreamingClient
from tests.support.paths import ROOT
from tests.support.stamping_api import Post, StampingApi, stamping_api

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S = 30.0
HEADERS = {"content-type": "text/event-stream"}


@pytest.fixture
def api() -> Iterator[StampingApi]:
    with stamping_api() as running:
        yield running


def post(api: StampingApi, chunks: Iterator[bytes], status: int = 200) -> threading.Thread:
    """Have the loop's client send a reply, on a thread."""
    client = StreamingClient(api.address)
    reply = StreamedReply(status, HEADERS, chunks)
    thread = threading.Thread(
        target=client.post_invocation_result, args=("request-1", reply, PRELUDE, "invocation-1")
    )
    thread.start()
    return thread


def arrived(sent: Post) -> tuple[float, bytes]:
    return sent.arrivals.get(timeout=WAIT_S)


def test_each_chunk_arrives_before_the_next_is_made(api: StampingApi) -> None:
    gates = [threading.Event() for _ in range(3)]

    def made() -> Iterator[bytes]:
        for number, gate in enumerate(gates):
            assert gate.wait(WAIT_S)
            yield b"chunk %d" % number

    gates[0].set()
    thread = post(api, made())
    sent = api.posts.get(timeout=WAIT_S)
    stamps = [arrived(sent)]
    assert stamps[0][1].endswith(PRELUDE_END)
    for number, gate in enumerate(gates):
        gate.set()  # not before the one before it is there
        stamps.append(arrived(sent))
        assert stamps[-1][1] == b"chunk %d" % number
    assert arrived(sent)[1] == b""
    thread.join(WAIT_S)
    assert [at_s for at_s, _ in stamps] == sorted(at_s for at_s, _ in stamps)
    assert sent.path == "/2018-06-01/runtime/invocation/request-1/response"
    assert sent.headers["lambda-runtime-function-response-mode"] == "streaming"
    assert sent.headers["lambda-runtime-invocation-id"] == "invocation-1"
    assert sent.headers["content-type"] == "application/vnd.awslambda.http-integration-response"
    assert "lambda-runtime-function-error-type" not in sent.headers
    prelude, end, body = sent.body.partition(PRELUDE_END)
    assert json.loads(prelude) == {"statusCode": 200, "headers": HEADERS, "cookies": []}
    assert (end, body) == (bytes(8), b"chunk 0chunk 1chunk 2")


def test_an_error_in_the_middle_is_told_in_trailers(api: StampingApi) -> None:
    def made() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("as asked")

    post(api, made()).join(WAIT_S)
    sent = api.posts.get(timeout=WAIT_S)
    assert sent.body.endswith(b"one")
    assert sent.headers["lambda-runtime-function-error-type"] == "ValueError"
    told = json.loads(base64.b64decode(sent.headers["lambda-runtime-function-error-body"]))
    assert (told["errorMessage"], told["errorType"]) == ("as asked", "ValueError")
    names = {name.strip().lower() for name in sent.headers["trailer"].split(",")}
    assert names == {"lambda-runtime-function-error-type", "lambda-runtime-function-error-body"}


def test_who_reads_no_further_ends_the_work_at_the_next_chunk(api: StampingApi) -> None:
    """After the prelude and two chunks the API has enough; so at most one chunk more is made."""
    api.has_enough_after = 3
    made: list[int] = []
    closed = threading.Event()
    answered = threading.Event()

    def chunks() -> Iterator[bytes]:
        try:
            for number in range(1000):
                made.append(number)
                yield b"x"
                if number == 1:
                    assert answered.wait(WAIT_S)
        finally:
            closed.set()

    thread = post(api, chunks())
    sent = api.posts.get(timeout=WAIT_S)
    for _ in range(3):
        arrived(sent)
    _until_closed(api)
    answered.set()
    thread.join(WAIT_S)
    assert closed.is_set()
    assert made == [0, 1, 2]


def _until_closed(api: StampingApi) -> None:
    """The API's answer is on its way when the thread that wrote it has ended."""
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(WAIT_S)


@pytest.fixture
def run_loop(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes of the loop, ended afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait(WAIT_S)


def start(api: StampingApi, started: list[subprocess.Popen[bytes]], log: Path) -> None:
    with log.open("wb") as stream:
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "inference.runtime.loop", "tests.support.handlers.streaming.handler"],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "AWS_LAMBDA_RUNTIME_API": api.address},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        )


@pytest.mark.parametrize(
    ("event", "path", "is_streamed"),
    [
        ({"chunks": ["a", "b"]}, "response", True),
        ({"answer": 42}, "response", False),
        ({"chunks": [], "raise": "at once"}, "error", False),
    ],
    ids=["a stream", "a plain value", "an error before the first byte"],
)
def test_the_loop_replies_in_the_way_that_fits(
    tmp_path: Path,
    run_loop: list[subprocess.Popen[bytes]],
    event: dict[str, object],
    path: str,
    is_streamed: bool,
) -> None:
    with stamping_api(json.dumps(event).encode()) as api:
        start(api, run_loop, tmp_path / "log")
        sent = api.posts.get(timeout=WAIT_S)
        assert sent.path.endswith(f"/request-1/{path}"), (tmp_path / "log").read_text()
        assert ("lambda-runtime-function-response-mode" in sent.headers) == is_streamed
        assert sent.headers["lambda-runtime-invocation-id"] == "invocation-1"
        if is_streamed:
            assert [arrived(sent)[1] for _ in range(4)][1:] == [b"a", b"b", b""]
        elif path == "response":
            assert json.loads(sent.body) == event
        else:
            assert json.loads(sent.body)["errorMessage"] == "at once"


def test_the_library_still_cannot_stream() -> None:
    """When this fails, look whether ``inference/runtime/loop.py`` can go."""
    folder = Path(awslambdaric.__file__).parent
    sources = [*folder.rglob("*.py"), *folder.parent.glob("runtime_client*")]
    assert len(sources) > 5
    streaming = [path.name for path in sources if b"response-mode" in path.read_bytes().lower()]
    assert streaming == []
