"""The code that asks functions to get ready, run against the two services it talks to, on loopback."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from inference.request import PREPARE
from stacks import prefetch_code

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING = "missing"


class Services:
    """Lambda's Invoke API and the address that CloudFormation waits at; both keep what they were sent."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, str, Any]] = []
        self.answers: list[tuple[str, dict[str, Any]]] = []
        services = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self._read()
                name = self.path.split("/")[3]
                services.invoked.append((name, self.headers["x-amz-invocation-type"], body))
                self._reply(404 if name == MISSING else 202)

            def do_PUT(self) -> None:
                services.answers.append((self.headers["content-type"], self._read()))
                self._reply(200)

            def _read(self) -> Any:
                return json.loads(self.rfile.read(int(self.headers["content-length"])))

            def _reply(self, status: int) -> None:
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    running = Services()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", running.url)
    for name, value in (("DEFAULT_REGION", "us-east-1"), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    yield running
    running.stop()


def event(services: Services, kind: str, *functions: str) -> dict[str, Any]:
    """What CloudFormation sends."""
    return {
        "RequestType": kind,
        "ResponseURL": f"{services.url}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Asked",
        "ResourceProperties": {"ServiceToken": "token", "Functions": list(functions)},
    }


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_each_function_is_asked_and_not_waited_for(services: Services, kind: str) -> None:
    prefetch_code.handler(event(services, kind, "one", "two"), None)
    assert services.invoked == [(name, "Event", {"action": "prepare"}) for name in ("one", "two")]
    expected = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Asked", "Status": "SUCCESS"}
    assert services.answers == [("", {**expected, "PhysicalResourceId": "prefetch"})]


def test_one_that_cannot_be_asked_is_logged_and_stops_nothing(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    prefetch_code.handler(event(services, "Create", MISSING, "two"), None)
    assert [name for name, *_ in services.invoked] == [MISSING, "two"]
    assert "missing was not asked" in capsys.readouterr().out
    assert [answer["Status"] for _, answer in services.answers] == ["SUCCESS"]


def test_a_destroy_asks_nobody(services: Services) -> None:
    prefetch_code.handler(event(services, "Delete", "one"), None)
    assert services.invoked == []
    assert [answer["Status"] for _, answer in services.answers] == ["SUCCESS"]


def test_the_event_is_the_one_that_functions_know() -> None:
    assert prefetch_code.EVENT == PREPARE
