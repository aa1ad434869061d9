"""Result or error -> reply; the only place that makes HTTP status codes and headers."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, field
from typing import Any

from inference.errors import HubletError, MethodNotAllowed, ModelNotReady, PayloadTooLarge, Unauthorized

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


def http_error(error: HubletError, request_id: str, *, is_openai: bool = False) -> dict[str, Any]:
    """The reply for an error: message, type and request id, never a traceback.

    OpenAI's clients look for the message one level deeper than the Hub's do.
    """
    kind = type(error).__name__
    document: dict[str, Any] = {"error": error.message, "type": kind, "request_id": request_id}
    if is_openai:
        document["error"] = {"message": error.message, "type": kind, "code": None, "param": None}
    headers = {"content-type": JSON, REQUEST_ID: request_id}
    if isinstance(error, Unauthorized):
        headers["www-authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        headers[RETRY_AFTER] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    if isinstance(error, ModelNotReady):
        document["estimated_time"] = round(error.retry_after_s or 0.0, 1)
    return _reply(error.status, encode(document), headers)


def _payload_bytes(body: str) -> int:
    """What a body takes in the payload that Lambda counts: a JSON string, with its quotes and all escaped."""
    is_small = len(body) <= MAX_REPLY_BYTES // MOST_ESCAPED
    return len(body) if is_small else len(json.dumps(body))


def encode(value: Any) -> str:
    """Strict JSON text; NaN is our bug, so it raises."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _reply(status: int, body: str, headers: dict[str, str], is_base64: bool = False) -> dict[str, Any]:
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": is_base64}
