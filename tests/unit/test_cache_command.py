"""``make cache``: what it prints, here and of a deployed function, which a loopback server plays."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from local import cache
from local.cache_table import show
from tests.unit.artifacts import put_artifact
from tests.unit.test_maintenance import HEAD, MODEL

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


def test_without_a_deployment_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cache.main(["list", "--deployed", "--outputs", str(tmp_path / "none.json")]) == 1
    assert "run make deploy first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["list", "--args", "{"], "ARGS must be a JSON object"),
        (["list", "--args", "[1]"], "ARGS must be a JSON object"),
        (["burn"], "action: must be one of list, verify, remove, prefetch, prune"),
        (["list", "--cache", "nowhere"], "nowhere is not there"),
    ],
)
def test_a_mistake_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    assert cache.main(["--cache", str(tmp_path), *arguments]) == 1
    assert capsys.readouterr().err.startswith(complaint)


def test_a_folder_here_is_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put_artifact(tmp_path, MODEL, HEAD)
    assert cache.main(["list", "--cache", str(tmp_path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["model", "commit", "what", "precision", "MB", "made", "loaded", "state"]
    assert printed[1].split()[0] == MODEL.id
    assert printed[1].endswith("complete")
    assert printed[-1].startswith("1 models, 0.0 MB, ")


def test_answers_as_lines() -> None:
    line = {"model": "a/b", "commit": "c" * 40, "artifact": "onnx-x-v1"}
    verified = {
        "checked": 2,
        "checked_bytes": 3_000_000,
        "damaged": [{**line, "problem": "x is not what its hash says", "repaired": True}],
        "skipped": [],
        "next": "a/b/d",
    }
    assert show("verify", verified).splitlines() == [
        "a/b cccccccc onnx-x-v1: x is not what its hash says, put aside",
        "2 checked, 3.0 MB; 1 damaged",
        'the time was over; go on with ARGS=\'{"next": "a/b/d"}\'',
    ]
    pruned = {"dry_run": True, "removed": [{**line, "why": "old"}], "skipped": [], "freed_bytes": 5_000_000}
    assert show("prune", pruned).splitlines() == [
        "a/b cccccccc onnx-x-v1: would go (old)",
        "1 would go, 5.0 MB",
    ]
    assert show("remove", {"removed": [], "freed_bytes": 0, "repeated": True}).startswith(
        "an earlier delivery"
    )
    asked = {"asked": ["one"], "failed": [{"function": "two", "why": "no way"}]}
    assert show("prefetch", asked) == "one: asked to prepare\ntwo: not asked, no way"
