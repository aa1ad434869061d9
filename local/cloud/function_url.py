"""Convert between HTTP and function-URL events (payload format 2.0).

Source: AWS Lambda developer guide, "Invoking Lambda function URLs", request and response payloads.
"""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from local.cloud.runtime_api import Result

TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


def to_event(request: Request, path: str, body: bytes, request_id: str) -> dict[str, Any]:
    """The event that Lambda would send to the function."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    text, is_base64 = _body(body, headers.get("content-type", ""))
    now_s = time.time()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.url.query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "local",
            "domainName": "local.lambda-url.us-east-1.on.aws",
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client.host if request.client else "127.0.0.1",
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now_s)),
            "timeEpoch": int(now_s * 1000),
        },
        "isBase64Encoded": is_base64,
    }
    return {**event, "body": text} if body else event


def to_response(result: Result) -> Response:
    """The HTTP response that Lambda would make from the function's answer."""
    if result.error:
        return JSONResponse({"Message": "Internal Server Error"}, 502)
    value = json.loads(result.payload)
    if not isinstance(value, dict) or "statusCode" not in value:
        return JSONResponse(value)
    body = value.get("body") or ""
    content = base64.b64decode(body) if value.get("isBase64Encoded") else body.encode()
    return Response(content, status_code=int(value["statusCode"]), headers=value.get("headers") or {})


def to_raw_response(result: Result) -> Response:
    """What a URL that streams makes of an answer that was not streamed: its bytes as they are.

    Lambda shows an empty or a raw document then, so a function behind such a URL has to stream all.
    """
    if result.error:
        return JSONResponse({"Message": "Internal Server Error"}, 502)
    return Response(result.payload, media_type="application/octet-stream")


def new_request_id() -> str:
    return str(uuid.uuid4())


def _body(body: bytes, content_type: str) -> tuple[str, bool]:
    if content_type.lower().startswith(TEXT_TYPES):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), bool(body)
