"""Result or error -> reply; the only place that makes HTTP status codes and headers."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inference.errors import HubletError, MethodNotAllowed, ModelNotReady, PayloadTooLarge, Unauthorized

if TYPE_CHECKING:
    from inference.engines.engine import ResultSize

JSON = "application/json"
REQUEST_ID = "x-request-id"
MODEL = "x-model"
INFERENCE_MS = "x-inference-ms"
SERVER_TIMING = "server-timing"
TRUNCATED_INPUTS = "x-truncated-inputs"
PEAK_MEMORY_MB = "x-peak-memory-mb"
RETRY_AFTER = "retry-after"
FACTS = (REQUEST_ID, MODEL, INFERENCE_MS, SERVER_TIMING, TRUNCATED_INPUTS, PEAK_MEMORY_MB)
"""Headers of every answer; a test compares them with what the functions send."""
READABLE = (*FACTS, RETRY_AFTER)
"""What web pages may read: a browser shows only the headers that CORS names."""
MOST_ESCAPED = 12
"""Characters that one may become in a JSON string: two surrogates."""
MOST_BYTES = 4
"""Of a character in UTF-8."""
MAX_REPLY_BYTES = 6 * 1024 * 1024
"""Lambda's own limit for a synchronous response (AWS Lambda developer guide, "Lambda quotas")."""

NUMBER_BYTES = 24
"""Of a float in JSON with its comma: ``-1.2345678901234567e-05``; smaller ones are hardly met."""
ESCAPED_TEXT = 2
"""JSON stands in a string of Lambda's payload: each quote takes two bytes."""
AROUND_BYTES = 8
"""Brackets and commas of a result."""
REST_BYTES = 1024
"""Headers, usage and the model's name."""


@dataclass(frozen=True)
class Answer:
    """What a route answers: a JSON value, or bytes or text of another content type."""

    value: Any
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    """Facts about the answer, such as how many inputs were cut."""


def http_result(answer: Answer, request_id: str) -> dict[str, Any]:
    """A 200 reply."""
    is_binary = isinstance(answer.value, bytes)
    if answer.content_type == JSON:
        body = encode(answer.value)
    else:
        body = base64.b64encode(answer.value).decode() if is_binary else str(answer.value)
    if _payload_bytes(body) > MAX_REPLY_BYTES:
        raise too_large()
    headers = {"content-type": answer.content_type, REQUEST_ID: request_id, **answer.headers}
    return _reply(200, body, headers, is_binary)


def direct_result(value: Any) -> Any:
    """The value as it is, if Lambda takes it: it is strict JSON, and not too large."""
    text = encode(value)
    is_small = len(text) <= MAX_REPLY_BYTES // MOST_BYTES
    if not is_small and len(text.encode()) > MAX_REPLY_BYTES:
        raise too_large()
    return value


def too_large() -> PayloadTooLarge:
    return PayloadTooLarge(f"the answer passes {MAX_REPLY_BYTES:,} bytes; send fewer inputs")


def check_size(size: ResultSize, count: int) -> None:
    """Refuse, before the work, a list whose answers would not fit; says how many do."""
    most_bytes = size.numbers * NUMBER_BYTES + size.chars * ESCAPED_TEXT + AROUND_BYTES
    fitting = most_that_fit(most_bytes)
    if count > fitting:
        raise cannot_fit("inputs", count, most_bytes, f"send {fitting:,} at most")


def most_that_fit(result_bytes: int) -> int:
    """How many results of this size a reply holds."""
    return max(1, (MAX_REPLY_BYTES - REST_BYTES) // result_bytes)


def cannot_fit(field_name: str, count: int, result_bytes: int, advice: str) -> PayloadTooLarge:
    """The error for a list whose answers need more than a reply."""
    return PayloadTooLarge(
        f"{field_name} has {count:,} items with answers of up to {result_bytes:,} bytes; "
        f"a reply has {MAX_REPLY_BYTES:,} at most: {advice}"
    )


def http_error(error: HubletError, request_id: str, *, is_openai: bool = False) -> dict[str, Any]:
    """The reply for an error: message, type and request id, never a traceback.

    OpenAI's clients look for the message one level deeper than the Hub's do.
    """
    document = error_document(error, request_id, is_openai=is_openai)
    headers = {"content-type": JSON, REQUEST_ID: request_id}
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        headers[RETRY_AFTER] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    return _reply(error.status, encode(document), headers)


def error_document(error: HubletError, request_id: str, *, is_openai: bool) -> dict[str, Any]:
    """What a caller is told of an error, as a body of its own or as the last event of a stream."""
    kind = type(error).__name__
    document: dict[str, Any] = {"error": error.message, "type": kind, "request_id": request_id}
    if is_openai:
        document["error"] = {"message": error.message, "type": kind, "code": None, "param": None}
    if isinstance(error, ModelNotReady):
        document["estimated_time"] = round(error.retry_after_s or 0.0, 1)
    return document


def _payload_bytes(body: str) -> int:
    """What a body takes in the payload that Lambda counts: a JSON string, with its quotes and all escaped."""
    is_small = len(body) <= MAX_REPLY_BYTES // MOST_ESCAPED
    return len(body) if is_small else len(json.dumps(body))


def encode(value: Any) -> str:
    """Strict JSON text; NaN is our bug, so it raises."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _reply(status: int, body: str, headers: dict[str, str], is_base64: bool = False) -> dict[str, Any]:
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": is_base64}
