"""The code that has functions get ready, run against the two services it talks to, on loopback."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inference.http.request import PREPARE
from stacks.functions import prefetch_code

if TYPE_CHECKING:
    from collections.abc import Iterator

SELF = "hublet-prefetch"
READY = {"model": "acme/model", "state": "ready"}


def error(kind: str, message: str = "told so") -> dict[str, str]:
    return {"errorType": kind, "errorMessage": message}


class Services:
    """Lambda's API and the address that CloudFormation waits at; both keep what they were sent."""

    def __init__(self) -> None:
        self.live: dict[str, str] = {}
        """Function -> the version that its alias names; a function without one is new."""
        self.replies: dict[str, list[Any]] = {}
        """Function -> what its next calls get: a status, or a body; the last one again and again."""
        self.unknown_for = 0
        """So many looks at aliases are refused: a new permission is not known everywhere at once."""
        self.invoked: list[tuple[str, str | None, str, Any]] = []
        self.answers: list[tuple[str, dict[str, Any]]] = []
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.services = self
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Server(ThreadingHTTPServer):
    services: Services


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.split("/")[3]
        if self.server.services.unknown_for:
            self.server.services.unknown_for -= 1
            self._reply(403, {}, "AccessDeniedException")
        elif name in self.server.services.live:
            self._reply(200, {"FunctionVersion": self.server.services.live[name], "Name": "live"})
        else:
            self._reply(404, {"Message": "no such alias"}, "ResourceNotFoundException")

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        name = address.path.split("/")[3]
        version = parse_qs(address.query).get("Qualifier", [None])[0]
        kind = self.headers["x-amz-invocation-type"] or "RequestResponse"
        self.server.services.invoked.append((name, version, kind, self._read()))
        if kind == "Event" and name not in self.server.services.replies:
            return self._reply(202, {})
        left = self.server.services.replies.get(name, [READY])
        reply = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(reply, str):
            return self._reply(429 if reply.startswith("TooMany") else 403, {}, reply)
        self._reply(200, reply, fault="Unhandled" if "errorType" in reply else None)

    def do_PUT(self) -> None:
        self.server.services.answers.append((self.headers["content-type"], self._read()))
        self._reply(200, {})

    def _read(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["content-length"])))

    def _reply(self, status: int, body: Any, kind: str | None = None, fault: str | None = None) -> None:
        self.send_response(status)
        content = json.dumps(body).encode()
        for header, value in (("x-amzn-errortype", kind), ("x-amz-function-error", fault)):
            if value:
                self.send_header(header, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@dataclass(frozen=True)
class Context:
    """What Lambda hands over; by default there is a quarter of an hour."""

    left_ms: int = 900_000
    invoked_function_arn: str = SELF

    def get_remaining_time_in_millis(self) -> int:
        return self.left_ms


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    running = Services()
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", running.url)
    for name, value in (("DEFAULT_REGION", "us-east-1"), ("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(prefetch_code, "PAUSE_S", 0.01)
    yield running
    running.stop()


def event(services: Services, kind: str, **versions: str) -> dict[str, Any]:
    """What CloudFormation sends."""
    functions = [{"name": name, "version": version} for name, version in versions.items()]
    return {
        "RequestType": kind,
        "ResponseURL": f"{services.url}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Ready",
        "ResourceProperties": {"ServiceToken": "token", "Functions": functions},
    }


def said(services: Services) -> tuple[str, str]:
    """The one answer that CloudFormation got."""
    ((content_type, answer),) = services.answers
    assert content_type == ""
    known = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Ready"}
    assert answer.items() >= {**known, "PhysicalResourceId": "prefetch"}.items()
    return answer["Status"], answer["Reason"]


def test_a_new_function_is_asked_and_not_waited_for(services: Services) -> None:
    prefetch_code.handler(event(services, "Create", one="1", two="1"), Context())
    # By its bare name, where the stack says that an event that failed is not tried again.
    asked = [(name, None, "Event", {"action": "prepare"}) for name in ("one", "two")]
    assert sorted(services.invoked) == asked
    assert said(services) == ("SUCCESS", "")


def test_one_that_cannot_be_asked_is_logged_and_stops_nothing(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    services.replies["one"] = ["Refused"]
    prefetch_code.handler(event(services, "Create", one="1", two="1"), Context())
    assert sorted(name for name, *_ in services.invoked) == ["one", "two"]
    assert "one was not asked" in capsys.readouterr().out
    assert said(services) == ("SUCCESS", "")


def test_a_permission_may_take_its_time(services: Services) -> None:
    services.live = {"one": "1"}
    services.unknown_for = 3
    prefetch_code.handler(event(services, "Update", one="2"), Context())
    assert services.unknown_for == 0
    assert services.invoked == [("one", "2", "RequestResponse", {"action": "prepare"})]
    assert said(services) == ("SUCCESS", "")


def test_callers_get_a_new_version_once_it_is_ready(services: Services) -> None:
    services.live = {"one": "1", "two": "7"}
    services.replies["one"] = [
        "AccessDeniedException",
        "TooManyRequestsException",
        error("ModelNotReady"),
        error("HubUnreachable"),
        READY,
    ]
    prefetch_code.handler(event(services, "Update", one="2", two="7"), Context())
    assert services.invoked == [("one", "2", "RequestResponse", {"action": "prepare"})] * 5
    assert said(services) == ("SUCCESS", "")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (error("ModelUnavailable", "acme/model is gated"), "one: ModelUnavailable: acme/model is gated"),
        (error("Runtime.ExitError", "signal: killed"), "one: Runtime.ExitError: signal: killed"),
        ({"errorMessage": "no type"} | error("Sandbox.Timedout", "Task timed out"), "Task timed out"),
        ("ResourceNotFoundException", "ResourceNotFoundException"),
    ],
)
def test_what_will_never_be_ready_undoes_the_deployment_and_says_why(
    services: Services, reply: Any, reason: str
) -> None:
    services.live = {"one": "1", "two": "1"}
    services.replies["one"] = [reply]
    prefetch_code.handler(event(services, "Update", one="2", two="2"), Context())
    status, told = said(services)
    assert status == "FAILED"
    assert reason in told
    assert "two" not in told
    assert [name for name, *_ in services.invoked].count("one") == 1


def test_a_rollback_does_not_put_what_is_served_to_the_test(services: Services) -> None:
    services.live = {"one": "1"}
    services.replies["one"] = [error("CacheFull")]
    prefetch_code.handler(event(services, "Update", one="1"), Context())
    assert services.invoked == []
    assert said(services) == ("SUCCESS", "")


def test_before_a_run_is_ended_another_takes_over_and_remembers_when_it_began(services: Services) -> None:
    services.live = {"one": "1"}
    services.replies["one"] = [error("ModelNotReady", "12.0 of 400.0 MB")]
    margin_ms = prefetch_code.MARGIN_S * 1000
    first = event(services, "Update", one="2")
    prefetch_code.handler(first, Context(margin_ms + 100))
    assert services.answers == []
    *asked, (name, _, kind, handed) = services.invoked
    assert asked
    assert {each[:3] for each in asked} == {("one", "2", "RequestResponse")}
    assert (name, kind) == (SELF, "Event")
    assert handed == first
    assert handed["Began"] > 0

    handed["Began"] -= prefetch_code.LIMIT_S  # an hour later
    prefetch_code.handler(handed, Context())
    assert said(services)[0] == "FAILED"
    assert said(services)[1].startswith("one: not ready within an hour")


def test_the_last_thing_that_was_heard_is_told(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is enough for one question, on a busy machine too, and the pause lasts until its end."""
    monkeypatch.setattr(prefetch_code, "PAUSE_S", 60)
    services.live = {"one": "1"}
    services.replies["one"] = [error("ModelNotReady", "12.0 of 400.0 MB")]
    late = event(services, "Update", one="2")
    late["Began"] = time.time() - prefetch_code.LIMIT_S + 3
    prefetch_code.handler(late, Context())
    assert said(services) == (
        "FAILED",
        "one: not ready within an hour; last ModelNotReady: 12.0 of 400.0 MB",
    )


def test_a_destroy_asks_nobody(services: Services) -> None:
    services.live = {"one": "1"}
    prefetch_code.handler(event(services, "Delete", one="2"), Context())
    assert services.invoked == []
    assert said(services)[0] == "SUCCESS"


def test_the_event_is_the_one_that_functions_know() -> None:
    assert prefetch_code.EVENT == PREPARE
