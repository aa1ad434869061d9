"""Replies are what a function URL expects: strings for bodies, documented statuses, strict JSON."""

from __future__ import annotations

import inspect
import json

import pytest

from inference import errors
from inference.errors import HubletError, InvalidField, MethodNotAllowed, ModelNotReady, PayloadTooLarge
from inference.http import response
from inference.http.response import Answer

STATUSES = {
    "BadRequest": 400,
    "Unauthorized": 401,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "NotAcceptable": 406,
    "ModelInUse": 409,
    "PayloadTooLarge": 413,
    "UnsupportedMediaType": 415,
    "InvalidField": 422,
    "ModelUnavailable": 424,
    "TokenNeeded": 424,
    "HubletError": 500,
    "InternalError": 500,
    "ModelNotReady": 503,
    "HubUnreachable": 503,
    "DeadlineExceeded": 503,
    "CacheFull": 507,
}


def test_every_error_has_its_documented_status() -> None:
    classes = inspect.getmembers(errors, lambda item: inspect.isclass(item) and issubclass(item, HubletError))
    assert {name: cls.status for name, cls in classes} == STATUSES


def test_a_result_is_a_json_string() -> None:
    reply = response.http_result(Answer([[{"label": "é", "score": 0.5}]]), "id-1")
    assert reply["statusCode"] == 200
    assert reply["headers"]["x-request-id"] == "id-1"
    assert json.loads(reply["body"]) == [[{"label": "é", "score": 0.5}]]


def test_an_error_carries_message_type_and_request_id() -> None:
    reply = response.http_error(InvalidField("inputs", "must be a string"), "id-1")
    assert reply["statusCode"] == 422
    assert json.loads(reply["body"]) == {
        "error": "inputs: must be a string",
        "type": "InvalidField",
        "request_id": "id-1",
    }


def test_an_openai_client_finds_the_message() -> None:
    reply = response.http_error(InvalidField("model", "must be one of a"), "id-1", is_openai=True)
    assert json.loads(reply["body"])["error"]["message"] == "model: must be one of a"
    assert json.loads(reply["body"])["request_id"] == "id-1"


def test_not_ready_says_when_to_come_back() -> None:
    reply = response.http_error(ModelNotReady("wait", retry_after_s=7.2), "id-1")
    assert reply["headers"]["retry-after"] == "8"
    assert json.loads(reply["body"])["estimated_time"] == 7.2


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        response.encode(float("nan"))


def test_a_refused_method_names_those_that_are_allowed() -> None:
    reply = response.http_error(MethodNotAllowed(["GET", "POST"]), "id-1")
    assert reply["headers"]["allow"] == "GET, POST"


def test_an_answer_is_weighed_as_lambda_will_send_it() -> None:
    text = "é" * 2_000_000  # 4 MB; escaped, as the payload has it, 12 MB
    with pytest.raises(PayloadTooLarge, match="6,291,456"):
        response.http_result(Answer(text), "id-1")
    assert response.http_result(Answer(text[:1_000_000]), "id-1")["statusCode"] == 200


def test_an_answer_past_lambdas_limit_is_an_error_of_ours() -> None:
    with pytest.raises(PayloadTooLarge, match="6,291,456"):
        response.http_result(Answer("x" * 7_000_000), "id-1")
