"""Events of other ways in, as AWS documents them: each is answered in the form that its caller reads."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from inference import doors
from inference.errors import BadRequest, HubletError
from inference.http.stream import StreamedReply
from inference.serve import Service
from inference.settings import Settings
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from pathlib import Path

BODY = json.dumps({"inputs": "Good."})
KEY = "secret"
KEY_SHA256 = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"


def rest(path: str = "/", **more: Any) -> dict[str, Any]:
    return {
        "resource": "/",
        "path": path,
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "pathParameters": None,
        "requestContext": {"stage": "prod", "identity": {}, "httpMethod": "POST"},
        "body": BODY,
        "isBase64Encoded": False,
        **more,
    }


def http(path: str = "/prod/", **more: Any) -> dict[str, Any]:
    event = url_event(BODY, path=path)
    event["requestContext"] |= {"stage": "prod", "domainName": "abc.execute-api.us-east-1.amazonaws.com"}
    return {**event, **more}


def balancer(**more: Any) -> dict[str, Any]:
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a"}
        },
        "httpMethod": "POST",
        "path": "/",
        "queryStringParameters": {},
        "headers": {"content-type": "application/json"},
        "body": BODY,
        "isBase64Encoded": False,
        **more,
    }


SEVERAL = balancer(multiValueHeaders={"content-type": ["application/json"], "x-a": ["1", "2"]})
del SEVERAL["headers"]


def service_of(tmp_path: Path, **variables: str) -> Service:
    task = get_task("sentiment")
    put_artifact(tmp_path, task.model, head_of(task.pipeline_tag))
    settings = Settings.from_env({"TASK": task.name, "MODEL_CACHE": str(tmp_path), **variables})
    return Service(task, settings, load=FakeEngine().load)


def ask(service: Service, event: Any) -> Any:
    """As ``inference.handler`` does it."""
    door = doors.find(event)
    assert door
    return door.leave(service(door.enter(event), FakeContext()))


@pytest.mark.parametrize("variables", [{}, {"INVOKE_MODE": "RESPONSE_STREAM"}], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "event",
    [
        rest(),
        rest(isBase64Encoded=True, body=base64.b64encode(BODY.encode()).decode()),
        rest("/base/", resource="/{proxy+}", pathParameters={"proxy": ""}),
        http(),
        http("/prod"),
        http("/"),
        balancer(),
        SEVERAL,
        {"body": BODY},
        {"body": {"inputs": "Good."}},
        {"body": base64.b64encode(BODY.encode()).decode(), "isBase64Encoded": True},
    ],
    ids=["rest", "base64", "proxy", "http", "stage", "no stage", "alb", "several", "body", "object", "coded"],
)
def test_every_door_gets_the_answer(tmp_path: Path, event: Any, variables: dict[str, str]) -> None:
    reply = ask(service_of(tmp_path, **variables), event)
    assert reply["statusCode"] == 200
    by_url = service_of(tmp_path / "url")(url_event(BODY), FakeContext())
    assert json.loads(reply["body"]) == json.loads(by_url["body"])
    json.dumps(reply)  # what leaves is JSON


def test_a_load_balancer_is_told_the_words_of_a_status(tmp_path: Path) -> None:
    service = service_of(tmp_path)
    assert ask(service, balancer())["statusDescription"] == "200 OK"
    refused = ask(service, balancer(body="{"))
    assert refused["statusDescription"] == "400 Bad Request"
    several = ask(service, SEVERAL)
    assert several["multiValueHeaders"]["content-type"] == ["application/json"]
    assert "headers" not in several


@pytest.mark.parametrize("event", [rest("/nowhere"), http("/prod/nowhere"), balancer(path="/nowhere")])
def test_errors_are_replies(tmp_path: Path, event: Any) -> None:
    reply = ask(service_of(tmp_path), event)
    assert (reply["statusCode"], json.loads(reply["body"])["type"]) == (404, "NotFound")


@pytest.mark.parametrize(
    "event", [rest(), http(), balancer(), SEVERAL], ids=["rest", "http", "alb", "several"]
)
def test_a_key_is_asked_for_behind_every_http_door(tmp_path: Path, event: dict[str, Any]) -> None:
    service = service_of(tmp_path, KEY_SHA256=KEY_SHA256)
    assert ask(service, event)["statusCode"] == 401
    let_in = {"Authorization": f"Bearer {KEY}", "content-type": "application/json"}
    more = {name: [value] for name, value in let_in.items()}
    opened = {**event, **({"headers": let_in} if "headers" in event else {"multiValueHeaders": more})}
    assert ask(service, opened)["statusCode"] == 200


@pytest.mark.parametrize("body", ["{", "no JSON", "[1]", "1", None])
def test_a_body_that_is_no_object_is_told(tmp_path: Path, body: Any) -> None:
    with pytest.raises(BadRequest, match="must be a JSON object"):
        ask(service_of(tmp_path), {"body": body})


@pytest.mark.parametrize(
    "event",
    [
        url_event(BODY),
        {"inputs": "Good."},
        {"inputs": "Good.", "body": "a field of the caller"},
        {"requestContext": "odd", "httpMethod": "POST"},
        "text",
        None,
        [],
    ],
)
def test_a_url_and_a_direct_invoke_come_through_no_door(event: Any) -> None:
    assert doors.find(event) is None


def test_odd_events_are_errors_in_words(tmp_path: Path) -> None:
    service = service_of(tmp_path)
    odd_values: list[Any] = [None, 3, [], {"a": {}}, "x" * 10]
    for odd in odd_values:
        for name in ("headers", "path", "body", "pathParameters", "multiValueHeaders"):
            for event in ({**rest(), name: odd}, {**balancer(), name: odd}):
                try:
                    reply = ask(service, event)
                except HubletError:
                    continue
                assert reply["statusCode"] in (200, 400, 404, 415, 422, 500)


def test_a_stream_that_breaks_off_is_what_came() -> None:
    def chunks() -> Any:
        yield b"data: half\n\n"
        raise RuntimeError("told in the stream already")

    reply = doors.find(rest()).leave(StreamedReply(200, {"content-type": "text/event-stream"}, chunks()))  # type: ignore[union-attr]
    assert (reply["statusCode"], reply["body"]) == (200, "data: half\n\n")
    picture = doors.find(rest()).leave(StreamedReply(200, {"content-type": "image/png"}, iter([b"\x89PNG"])))  # type: ignore[union-attr]
    assert (reply["isBase64Encoded"], picture["isBase64Encoded"]) == (False, True)
