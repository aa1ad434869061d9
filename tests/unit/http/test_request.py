"""Events of every form read as requests; broken ones say what is wrong with them."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from inference.errors import BadRequest, HubletError, InvalidField, PayloadTooLarge, UnsupportedMediaType
from inference.http import request as requests
from inference.task_body import read_body
from inference.tasks import get_task
from tests.support.events import url_event

TASK = get_task("sentiment")


@pytest.mark.parametrize("is_base64", [False, True])
def test_a_url_event_with_a_body(is_base64: bool) -> None:
    request = requests.read(url_event({"inputs": "héllo"}, is_base64=is_base64))
    assert request.is_http
    assert request.document() == {"inputs": "héllo"}


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
def test_header_names_in_any_case(name: str) -> None:
    request = requests.read(url_event(b"x", headers={name: "image/png"}))
    with pytest.raises(UnsupportedMediaType, match="image/png"):
        request.document()


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", None])
def test_json_under_the_types_that_clients_send_for_it(content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    assert requests.read(url_event({"inputs": "a"}, headers=headers)).document() == {"inputs": "a"}


def test_a_get_without_headers_or_body() -> None:
    event = url_event(method="GET", path="/health/")
    event.pop("headers")
    request = requests.read(event)
    assert (request.method, request.path, request.body) == ("GET", "/health", b"")


def test_a_direct_event_is_the_body() -> None:
    request = requests.read({"inputs": "a"})
    assert not request.is_http
    assert request.document() == {"inputs": "a"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "empty"),
        (b"{", "not valid JSON"),
        (b'{"inputs": NaN}', "NaN"),
        (b'{"inputs": -Infinity}', "-Infinity"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[1]", "must be a JSON object"),
        (b'{"n": ' + b"9" * 5000 + b"}", "too many digits"),
    ],
)
def test_a_broken_body_is_a_bad_request(body: bytes, problem: str) -> None:
    with pytest.raises(BadRequest, match=problem):
        requests.read(url_event(body)).document()


def test_bytes_that_are_not_utf_8() -> None:
    with pytest.raises(BadRequest, match="UTF-8"):
        requests.read(url_event(b'{"inputs": "\xff"}', is_base64=True)).document()


def test_a_compressed_body_is_told_what_is_wrong_with_it() -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    packed = gzip.compress(b'{"inputs": "a"}')
    with pytest.raises(UnsupportedMediaType, match="content encoding gzip"):
        requests.read(url_event(packed, headers=headers, is_base64=True)).document()
    plain = {**headers, "Content-Encoding": "identity"}
    assert requests.read(url_event({"inputs": "a"}, headers=plain)).document() == {"inputs": "a"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_in_any_unicode_encoding(encoding: str) -> None:
    body = '{"inputs": "é 🎉"}'.encode(encoding)
    assert requests.read(url_event(body, is_base64=True)).document() == {"inputs": "é 🎉"}


def test_base64_that_is_none() -> None:
    with pytest.raises(BadRequest, match="base64"):
        requests.read({**url_event("x"), "isBase64Encoded": True, "body": "***"})


def test_seven_megabytes() -> None:
    with pytest.raises(PayloadTooLarge, match="7,000,000 bytes; the limit is 6,291,456"):
        requests.read(url_event(b"x" * 7_000_000))


@pytest.mark.parametrize(
    "event", [None, [], "text", 3, {"requestContext": 1}, {"requestContext": {"http": 1}}]
)
def test_any_other_json_is_a_direct_event_with_an_error_of_ours(event: Any) -> None:
    with pytest.raises(HubletError):
        read_body(requests.read(event).document(), TASK)


def test_an_alias_counts_as_inputs() -> None:
    body = read_body({"text": "a", "parameters": {"top_k": 1}}, TASK)
    assert (body.inputs, body.parameters, body.model) == ("a", {"top_k": 1}, None)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, "inputs: is required"),
        ({"inputs": "a", "text": "b"}, "inputs: is given twice, also as text"),
        ({"inputs": "a", "parameter": {}}, "parameter: is unknown"),
        ({"inputs": "a", "\n" * 100: {}}, "is unknown"),
    ],
)
def test_top_level_names_are_checked(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidField, match=problem) as raised:
        read_body(json.loads(json.dumps(document)), TASK)
    assert raised.value.message.isprintable()
