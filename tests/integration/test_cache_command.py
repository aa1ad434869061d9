"""``make cache`` of a deployed function, which a loopback server plays."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from local.commands import cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ANSWER = {"models": [], "size_bytes": 1_500_000, "free_bytes": None}

REFUSED = {"errorType": "ModelInUse", "errorMessage": "it is being prepared"}


class Lambda:
    """Answers every invoke alike, and keeps what it was sent."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answer: tuple[Any, bool] = (ANSWER, False)
        self.outputs: list[str] = []
        played = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                played.asked.append((self.path.split("/")[3], body))
                answer, is_error = played.answer
                data = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(data)))
                if is_error:
                    self.send_header("x-amz-function-error", "Unhandled")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Lambda]:
    played = Lambda()
    outputs = tmp_path / "outputs.json"
    outputs.write_text(json.dumps({"Mine": {"CacheName": "mine-cache", "SentimentName": "mine-sentiment"}}))
    played.outputs = ["--deployed", "--outputs", str(outputs)]
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{played.server.server_port}")
    for name, value in (("DEFAULT_REGION", "us-east-1"), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    yield played
    played.server.shutdown()
    played.thread.join()
    played.server.server_close()


def test_the_deployed_function_is_asked(aws: Lambda, capsys: pytest.CaptureFixture[str]) -> None:
    assert cache.main(["list", *aws.outputs, "--model", "a/b"]) == 0
    assert aws.asked == [("mine-cache", {"action": "list", "model": "a/b"})]
    assert capsys.readouterr().out == "0 models, 1.5 MB\n"
    assert cache.main(["prune", *aws.outputs, "--args", '{"dry_run": true}', "--json"]) == 0
    assert aws.asked[-1][1] == {"action": "prune", "dry_run": True}
    assert json.loads(capsys.readouterr().out) == ANSWER


def test_its_refusal_is_printed(aws: Lambda, capsys: pytest.CaptureFixture[str]) -> None:
    aws.answer = (REFUSED, True)
    assert cache.main(["remove", *aws.outputs, "--model", "a/b"]) == 1
    assert capsys.readouterr().err == "ModelInUse: it is being prepared\n"
