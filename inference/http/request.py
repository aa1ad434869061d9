"""Event -> Request: function-URL events (payload format 2.0) and direct events, read into one form."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from inference.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY_BYTES = 6 * 1024 * 1024
"""Lambda's own limit for a synchronous request (AWS Lambda developer guide, "Lambda quotas")."""

# curl -d sends the form type when none is given; the body is JSON all the same.
UNNAMED_TYPES = ("", "application/x-www-form-urlencoded")
FORM_TYPE = "multipart/form-data"
JSON_TYPES = (*UNNAMED_TYPES, "application/json", "text/plain")
PREPARE = {"action": "prepare"}
"""The direct event that gets the model ready and asks it nothing; what ``prefetch`` sends after a deploy."""


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

    @property
    def accept(self) -> str:
        """The content types that the caller takes, as the header lists them."""
        return self.headers.get("accept", "")

    @property
    def is_form(self) -> bool:
        """Whether the body is ``multipart/form-data``, whose values are texts and files."""
        return self.is_http and self._content_type == FORM_TYPE

    @property
    def is_hubs_javascript(self) -> bool:
        """Whether the Hub's own client for JavaScript sent it (huggingface.js, makeRequestOptions)."""
        return self.headers.get("user-agent", "").startswith("@huggingface/inference/")

    def document(self, media_kind: str | None = None) -> dict[str, Any]:
        """The request's JSON object; a body that is itself an image or a recording counts as ``inputs``."""
        self.check_encoding()
        if self.is_http and media_kind and self._is_media(media_kind):
            return {"inputs": self.body}
        value = self._parsed(media_kind) if self.is_http else self.event
        if not isinstance(value, dict):
            raise BadRequest('the body must be a JSON object like {"inputs": ...}')
        return value

    def check_encoding(self) -> None:
        """Refuse a body that is packed."""
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            raise UnsupportedMediaType(
                f"content encoding {printable(encoding)} is not supported; send the body as it is"
            )

    @property
    def _content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def _is_media(self, kind: str) -> bool:
        """Named as media, or named as nothing in particular and no JSON object."""
        named = self._content_type
        if named.startswith(f"{kind}/") or named == "application/octet-stream":
            return True
        return named in UNNAMED_TYPES and bool(self.body) and not self.body.lstrip().startswith(b"{")

    def _parsed(self, media_kind: str | None) -> Any:
        if self._content_type not in JSON_TYPES:
            wanted = "application/json" + (f", {media_kind}/* or {FORM_TYPE}" if media_kind else "")
            raise UnsupportedMediaType(
                f"content type {printable(self._content_type)} is not supported; send {wanted}"
            )
        if not self.body.strip():
            raise BadRequest('the body is empty; send JSON like {"inputs": ...}')
        return parse_json(self.body)


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


def decode_body(event: dict[str, Any]) -> bytes:
    """The bytes of a proxy's event, of any length."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("the body is not valid base64") from None


def _body(event: dict[str, Any]) -> bytes:
    data = decode_body(event)
    if len(data) > MAX_BODY_BYTES:
        raise PayloadTooLarge(f"the body has {len(data):,} bytes; the limit is {MAX_BODY_BYTES:,}")
    return data
