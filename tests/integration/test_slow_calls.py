"""Code that we show, against a call of two minutes: it waits, and the event runs once.

Clocks run a hundred times faster in the process of the code, so its timeouts end a hundred times sooner.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from inference.http import describe, openapi
from inference.tasks import get_task
from playground import code
from playground.description import Description
from playground.endpoints import Endpoint
from playground.form import Request
from tests.support.documents import blocks
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FASTER = 100
SLOW_S = 120 / FASTER
PRELUDE = f"""
import socket
set_timeout = socket.socket.settimeout
socket.socket.settimeout = lambda self, value: set_timeout(self, value and value / {FASTER})
"""
LABELS = [[{"label": "POSITIVE", "score": 0.9}]]
SAID = {"role": "assistant", "content": "POSITIVE"}
HEAD = {"id": "1", "created": 0, "model": "m"}
FUNCTION = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
CALLED = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": FUNCTION}]}
FORM = '{"sky": "clear", "is_raining": false}'
PARSED = "sky='clear' is_raining=False"
RESPONSE = {
    "id": "1",
    "object": "response",
    "created_at": 0,
    "model": "m",
    "parallel_tool_calls": False,
    "tool_choice": "auto",
    "tools": [],
    "output": [
        {
            "id": "1",
            "type": "message",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": FORM, "annotations": []}],
        }
    ],
}
HEARD = {
    "text": "POSITIVE",
    "language": "english",
    "duration": 1.0,
    "words": [{"word": "POSITIVE", "start": 0.0, "end": 1.0}],
}
PAINTED = {"created": 0, "data": [{"b64_json": "UE9TSVRJVkU="}]}
OURS = list(
    dict.fromkeys(
        each
        for document in ("README.md", "docs/calling.md", "docs/workshop.md")
        for each in blocks("python", document)
        if any(word in each for word in ("InferenceClient(", "OpenAI(", ".invoke("))
    )
)


class SlowServer(ThreadingHTTPServer):
    """Answers each request after the time, as the Invoke API, a function URL and OpenAI's route do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.gate = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: SlowServer

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append(self.path)
        self.server.gate.wait(SLOW_S)
        kind, body = answer(self.path, asked)
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # the client gave up
            self.close_connection = True


def answer(path: str, body: bytes) -> tuple[str, bytes]:
    """Content type and body, in the form of the route."""
    if path.endswith("/transcriptions"):
        return "application/json", json.dumps(HEARD).encode()
    if path.endswith("/images/generations"):
        return "application/json", json.dumps(PAINTED).encode()
    asked = json.loads(body)
    if path.endswith("/responses"):
        return "application/json", json.dumps(RESPONSE).encode()
    if "chat" not in path:
        return "application/json", json.dumps(LABELS).encode()
    if asked.get("stream"):
        choice = {"index": 0, "delta": SAID, "finish_reason": "stop"}
        chunk = {**HEAD, "object": "chat.completion.chunk", "choices": [choice]}
        return "text/event-stream", f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
    message = CALLED if asked.get("tool_choice") == "required" else SAID
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return "application/json", json.dumps({**HEAD, "object": "chat.completion", "choices": [choice]}).encode()


@pytest.fixture
def slow() -> Iterator[SlowServer]:
    with SlowServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.gate.set()
        server.shutdown()
        thread.join()


def run(text: str, slow: SlowServer, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AWS_ENDPOINT_URL_LAMBDA": slow.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "SENTIMENT_URL": f"{slow.url}sentiment/",
        "HUBLET_KEY": "key",
    }
    text = PRELUDE + text.replace("http://127.0.0.1:8080/", slow.url)
    return subprocess.run([sys.executable, "-c", text], cwd=ROOT, env=environ, capture_output=True, text=True)


def from_the_playground(url: str) -> list[str]:
    task = get_task("sentiment")
    endpoint = Endpoint("sentiment", f"{url}sentiment/", "hublet-sentiment", url)
    description = Description(endpoint, describe.function(task, None), openapi.document(task))
    request = Request("What a lovely day!", {})
    return [code.hub_client(description, request, has_key=False), code.boto3(description, request)]


@pytest.mark.parametrize("number", range(len(OURS) + 2))
def test_code_that_we_show_waits_for_a_slow_call_and_makes_it_once(
    slow: SlowServer, tmp_path: Path, number: int
) -> None:
    text = [*OURS, *from_the_playground(slow.url)][number]
    done = run(text, slow, tmp_path)
    assert done.returncode == 0, done.stderr
    assert any(seen in done.stdout for seen in ("POSITIVE", PARSED, "8 bytes of PNG"))
    assert len(slow.asked) == (2 if "tool_choice" in text else 1)  # a tool's result is sent back


def test_a_client_that_is_left_as_it_is_would_not(slow: SlowServer, tmp_path: Path) -> None:
    done = run('import boto3; boto3.client("lambda").invoke(FunctionName="x", Payload="{}")', slow, tmp_path)
    assert "ReadTimeoutError" in done.stderr
    assert len(slow.asked) > 1
