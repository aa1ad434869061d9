"""Event -> Request: function-URL events (payload format 2.0) and direct events, read into one form."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from inference.errors import BadRequest, InvalidField, PayloadTooLarge, UnsupportedMediaType, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY_BYTES = 6 * 1024 * 1024
"""Lambda's own limit for a synchronous request (AWS Lambda developer guide, "Lambda quotas")."""

# curl -d sends the form type when none is given; the body is JSON all the same.
JSON_TYPES = ("", "application/json", "text/plain", "application/x-www-form-urlencoded")
TOP_LEVEL = ("inputs", "parameters", "model", "options")


@dataclass(frozen=True)
class Request:
    """What a caller sent, before any task has looked at it."""

    is_http: bool
    method: str = "POST"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header names in lower case."""
    body: bytes = b""
    event: Any = None
    """A direct invoke's event; ``None`` for HTTP."""

    def document(self) -> dict[str, Any]:
        """The request's JSON object."""
        value = self._parsed() if self.is_http else self.event
        if not isinstance(value, dict):
            raise BadRequest('the body must be a JSON object like {"inputs": ...}')
        return value

    def _parsed(self) -> Any:
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind not in JSON_TYPES:
            raise UnsupportedMediaType(
                f"content type {printable(kind)} is not supported; send application/json"
            )
        if not self.body.strip():
            raise BadRequest('the body is empty; send JSON like {"inputs": ...}')
        return parse_json(self.body)


@dataclass(frozen=True)
class Body:
    """The named parts of a request's JSON object, still unchecked."""

    inputs: Any
    parameters: Any
    model: Any


def read(event: Any) -> Request:
    """Read any Lambda event."""
    if not is_function_url(event):
        return Request(is_http=False, event=event)
    http = event["requestContext"]["http"]
    return Request(
        is_http=True,
        method=str(http.get("method", "GET")).upper(),
        path="/" + str(event.get("rawPath") or http.get("path") or "/").strip("/"),
        headers={str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()},
        body=_body(event),
    )


def read_body(document: dict[str, Any], aliases: tuple[str, ...]) -> Body:
    """Name the parts; a plain form like ``{"text": ...}`` counts as ``inputs``."""
    unknown = [name for name in document if name not in (*TOP_LEVEL, *aliases)]
    if unknown:
        raise InvalidField(
            printable(unknown[0]), f"is unknown; known: {', '.join((*TOP_LEVEL[:3], *aliases))}"
        )
    given = [name for name in ("inputs", *aliases) if name in document]
    if len(given) != 1:
        problem = "is required" if not given else f"is given twice, also as {given[1]}"
        raise InvalidField("inputs", problem)
    return Body(document[given[0]], document.get("parameters"), document.get("model"))


def parse_json(data: bytes) -> Any:
    """Strict JSON: no NaN or Infinity, no nesting deep enough to exhaust the stack."""
    try:
        return json.loads(data, parse_constant=_reject_constant)
    except RecursionError:
        raise BadRequest("the JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise BadRequest("the body is not valid UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"the body is not valid JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:  # Python's own limit on the digits of an integer
        raise BadRequest("the body is not valid JSON: a number has too many digits") from error


def _reject_constant(name: str) -> NoReturn:
    raise BadRequest(f"the body is not valid JSON: {name} is not a JSON number")


def is_function_url(event: Any) -> bool:
    context = event.get("requestContext") if isinstance(event, dict) else None
    return isinstance(context, dict) and isinstance(context.get("http"), dict)


def _body(event: dict[str, Any]) -> bytes:
    text = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest("the body is not valid base64") from None
    else:
        data = text.encode("utf-8", "surrogatepass")
    if len(data) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"the body has {len(data):,} bytes; the limit is {MAX_BODY_BYTES:,}")
    return data
