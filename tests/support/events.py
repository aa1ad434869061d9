"""Function-URL events as Lambda makes them, payload format 2.0."""

from __future__ import annotations

import base64
import json
from typing import Any


def url_event(
    body: Any = None,
    *,
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    is_base64: bool = False,
) -> dict[str, Any]:
    """An event with a JSON body, raw text or raw bytes; with no body the key is missing, as from Lambda."""
    event: dict[str, Any] = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"Content-Type": "application/json"} if headers is None else headers,
        "requestContext": {"http": {"method": method, "path": path}, "requestId": "request-1"},
        "isBase64Encoded": is_base64,
    }
    if body is None:
        return event
    data = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return {**event, "body": base64.b64encode(data).decode() if is_base64 else data.decode()}
