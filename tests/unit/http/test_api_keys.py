"""The key of a URL: asked for before anything else, compared as a hash, never logged or repeated."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from inference.errors import Unauthorized
from inference.http.api_keys import Keys
from inference.serve import Service
from inference.settings import Settings, SettingsError
from inference.task_kinds import head_of
from inference.tasks import get_task
from tests.support.artifacts import put_artifact
from tests.support.context import FakeContext
from tests.support.events import url_event
from tests.support.fake_engine import FakeEngine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY, NEXT_KEY = "hublet_canary-1", "hublet_canary-2"
TASK = get_task("embeddings")
ROUTES = [
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/models"),
    ("GET", "/nowhere"),
    ("OPTIONS", "/"),
    ("POST", "/"),
    ("POST", "/v1/embeddings"),
]


def sha256(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def service(engine: FakeEngine, tmp_path: Path) -> Service:
    put_artifact(tmp_path, TASK.model, head_of(TASK.pipeline_tag))
    environ = {
        "TASK": TASK.name,
        "MODEL_CACHE": str(tmp_path),
        "HF_ENDPOINT": "http://127.0.0.1:9",
        "KEY_SHA256": f"{sha256(KEY)},{sha256(NEXT_KEY)}",
    }
    return Service(TASK, Settings.from_env(environ), load=engine.load)


@pytest.fixture
def log(service: Service) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger(TASK.function_name)
    handler.setFormatter(logger.handlers[0].formatter)
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def call(service: Service, authorization: str | None, **event: Any) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    if authorization is not None:
        headers["Authorization"] = authorization
    body = {"inputs": "x"} if event.get("method", "POST") == "POST" else None
    reply: dict[str, Any] = service(url_event(body, headers=headers, **event), FakeContext(60.0))
    return reply


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("authorization", [None, "Bearer wrong"])
def test_no_route_answers_without_a_key(
    service: Service, engine: FakeEngine, method: str, path: str, authorization: str | None
) -> None:
    reply = call(service, authorization, method=method, path=path)
    assert reply["statusCode"] == 401
    assert reply["headers"]["www-authenticate"] == "Bearer"
    body = json.loads(reply["body"])
    assert body["type"] == "Unauthorized"
    assert body["request_id"]
    said = body["error"]["message"] if path.startswith("/v1/") else body["error"]
    assert "key" in said
    assert engine.loads == 0


@pytest.mark.parametrize("authorization", [f"Bearer {KEY}", f"bearer  {KEY} ", f"BEARER {NEXT_KEY}"])
def test_either_key_opens(service: Service, authorization: str) -> None:
    assert call(service, authorization)["statusCode"] == 200
    assert call(service, authorization, method="GET", path="/health")["statusCode"] == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        KEY,
        f"Basic {KEY}",
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        f"Bearer {KEY},Bearer {KEY}",
        f"Bearer {sha256(KEY)}",
        f"Bearer {KEY.upper()}",
        "Bearer \ud800",
        "AWS4-HMAC-SHA256 Credential=x",
    ],
)
def test_nothing_else_opens(service: Service, authorization: str) -> None:
    assert call(service, authorization)["statusCode"] == 401


@pytest.mark.parametrize("headers", [None, [], "Authorization", {"authorization": None}, {1: 2}])
def test_headers_of_any_form_are_no_key(headers: Any) -> None:
    with pytest.raises(Unauthorized):
        Keys((sha256(KEY),)).check(headers)


def test_the_hash_of_nothing_opens_nothing() -> None:
    with pytest.raises(Unauthorized):
        Keys((sha256(""),)).check({"authorization": "Bearer "})


def test_the_key_comes_before_the_body(service: Service) -> None:
    """A body that is too large or broken is not as much as decoded for a stranger."""
    event = url_event(b"x" * 7_000_000, headers={}) | {"isBase64Encoded": True}
    assert service(event, FakeContext(60.0))["statusCode"] == 401
    event["headers"] = {"authorization": f"Bearer {KEY}"}
    assert service(event, FakeContext(60.0))["statusCode"] == 400


def test_a_direct_invoke_needs_none(service: Service) -> None:
    assert service({"inputs": "x"}, FakeContext(60.0))
    assert service({"action": "prepare"}, FakeContext(60.0))["state"] == "ready"


def test_a_caller_of_the_url_cannot_pass_for_a_direct_invoke(service: Service) -> None:
    """Who and what called is Lambda's part of the event; a caller writes headers, query and body only."""
    forged = {"inputs": "x", "requestContext": None, "version": "1.0"}
    event = url_event(forged, headers={"requestContext": "", "x-amz-invocation-type": "RequestResponse"})
    event |= {"rawQueryString": "requestContext=", "queryStringParameters": {"requestContext": ""}}
    assert service(event, FakeContext(60.0))["statusCode"] == 401


def test_keys_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr("inference.http.api_keys.compare_digest", compare)
    known = (sha256(KEY), sha256(NEXT_KEY))
    Keys(known).check({"authorization": f"Bearer {KEY}"})
    assert compared == [(sha256(KEY), each) for each in known]


def test_a_key_is_neither_logged_nor_repeated(service: Service, log: io.StringIO) -> None:
    replies = [call(service, f"Bearer {key}") for key in (KEY, f"{KEY}-wrong")]
    assert "Unauthorized" in log.getvalue()
    assert "hublet_canary" not in log.getvalue() + json.dumps(replies)


def test_without_hashes_no_key_is_asked_for() -> None:
    Keys(()).check(None)


@pytest.mark.parametrize(
    "value", ["", "abc", KEY, f"{sha256(KEY)},", sha256(KEY).upper(), f"{sha256(KEY)}\n"]
)
def test_a_function_with_a_broken_hash_does_not_start(value: str) -> None:
    """Rather than answer everybody."""
    with pytest.raises(SettingsError, match="KEY_SHA256") as raised:
        Settings.from_env({"TASK": TASK.name, "KEY_SHA256": value})
    assert not value or value not in str(raised.value)


def test_the_openapi_document_says_that_a_key_is_needed(service: Service) -> None:
    reply = call(service, f"Bearer {KEY}", method="GET", path="/openapi.json")
    document = json.loads(reply["body"])
    assert document["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"] == {"type": "http", "scheme": "bearer"}
    assert "401" in document["paths"]["/"]["post"]["responses"]
