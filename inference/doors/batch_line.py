"""A line of a batch file: in OpenAI's form, or a bare request; and what its result looks like.

The forms are those of OpenAI's API reference, "The request input object" and "The request output object".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from inference.errors import BadRequest, HubletError, InvalidField, printable

ENVELOPE = ("custom_id", "method", "url", "body")
MERGEABLE = ("inputs", "parameters", "model", "options")
"""With these alone, lines that agree in all but ``inputs`` are one list."""
MOST_ID_CHARS = 512
NOT_DONE = "not_done"
"""The code of a line that was not run, or whose answer had no room: it may be sent again."""


@dataclass(frozen=True)
class BatchLine:
    """A line, still unchecked but for its envelope."""

    id: str
    custom_id: str | None
    url: str
    body: dict[str, Any]

    @property
    def list_key(self) -> str | None:
        """The same for lines that can be one list; ``None`` for one that is run by itself."""
        body, given = self.body, self.body.get("parameters")
        is_plain = self.url == "/" and "inputs" in body and body.keys() <= set(MERGEABLE)
        if not is_plain or isinstance(body["inputs"], list) or not isinstance(given, dict | None):
            return None
        if given and (given.get("details") or "partial" in given):
            return None
        return json.dumps([body.get("model"), given], sort_keys=True)

    def answered(self, status: int, body: Any) -> dict[str, Any]:
        """The result of a line that was answered or refused; the id stands for a request's."""
        response = {"status_code": status, "request_id": self.id, "body": body}
        return {"id": self.id, "custom_id": self.custom_id, "response": response, "error": None}

    def refused(self, error: HubletError) -> dict[str, Any]:
        """The result of a line with a mistake of its own."""
        shown = {"error": error.message, "type": type(error).__name__, "request_id": self.id}
        return self.answered(error.status, shown)

    def failed(self, code: str, message: str) -> dict[str, Any]:
        """The result of a line without an answer."""
        error = {"code": code, "message": message}
        return {"id": self.id, "custom_id": self.custom_id, "response": None, "error": error}


def read_line(item: Any) -> BatchLine | dict[str, Any]:
    """A line from ``{"index": int, "line": ...}``, or the result that says what is wrong with it.

    ``id`` names the result; by default it is the place in the file, ``line-1`` first.
    """
    place, value = item["index"], item["line"]
    given = value if isinstance(value, dict) else {}
    named, custom_id = given.get("id"), given.get("custom_id")
    line = BatchLine(
        id=str(named) if _is_id(named) else f"line-{place + 1}",
        custom_id=custom_id if _is_id(custom_id) else None,
        url="/",
        body={name: each for name, each in given.items() if name not in ("id", "custom_id")},
    )
    try:
        if not isinstance(value, dict):
            raise BadRequest('a line must be a JSON object like {"inputs": ...}')
        return _checked(line, custom_id)
    except HubletError as error:
        return line.refused(error)


def _checked(line: BatchLine, custom_id: Any) -> BatchLine:
    if custom_id is not None and not _is_id(custom_id):
        raise InvalidField("custom_id", f"must be a string of 1 to {MOST_ID_CHARS} characters")
    if not line.body.keys() & {"method", "url", "body"}:
        return line
    for name in line.body:
        if name not in ENVELOPE:
            raise InvalidField(printable(name), f"is unknown; known: {', '.join(ENVELOPE)}")
    method, url, body = (line.body.get(name) for name in ("method", "url", "body"))
    if method not in (None, "POST"):
        raise InvalidField("method", "must be POST")
    if url is not None and not (isinstance(url, str) and url.startswith("/")):
        raise InvalidField("url", "must be a path like /v1/embeddings")
    if not isinstance(body, dict):
        raise InvalidField("body", "must be a JSON object")
    return BatchLine(line.id, line.custom_id, url or "/", body)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MOST_ID_CHARS
