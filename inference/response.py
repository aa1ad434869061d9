"""Result or error -> reply; the only place that makes HTTP status codes and headers."""

from __future__ import annotations

import json
import math
from typing import Any

from inference.errors import HubletError, ModelNotReady, PayloadTooLarge

MAX_REPLY_BYTES = 6 * 1024 * 1024
"""Lambda's own limit for a synchronous response (AWS Lambda developer guide, "Lambda quotas")."""


def http_result(result: Any, request_id: str) -> dict[str, Any]:
    """A 200 reply with a JSON body."""
    body = encode(result)
    if len(body.encode()) > MAX_REPLY_BYTES:
        raise PayloadTooLarge(f"the answer passes {MAX_REPLY_BYTES:,} bytes; send fewer inputs")
    return _reply(200, body, {"x-request-id": request_id})


def http_error(error: HubletError, request_id: str) -> dict[str, Any]:
    """The reply for an error: message, type and request id, never a traceback."""
    document: dict[str, Any] = {
        "error": error.message,
        "type": type(error).__name__,
        "request_id": request_id,
    }
    headers = {"x-request-id": request_id}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after_s)))
    if isinstance(error, ModelNotReady):
        document["estimated_time"] = round(error.retry_after_s or 0.0, 1)
    return _reply(error.status, encode(document), headers)


def encode(value: Any) -> str:
    """Strict JSON text; NaN is our bug, so it raises."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))


def _reply(status: int, body: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": body,
        "isBase64Encoded": False,
    }
