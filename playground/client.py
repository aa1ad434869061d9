"""Calls of a function's URL, with what came back and how long it took."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from playground.events import EventReply, documents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playground.access import Access
    from playground.endpoints import Endpoint

JSON = "application/json"
EVENTS = "text/event-stream"
NOT_READY = 503
LONGEST_S = 910
"""Lambda's longest function time, and a little."""
ANY = "image/png, application/json;q=0.9"
"""A picture as such where the function makes one, else JSON."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: a key or a signature is for the function's own URL."""

    def redirect_request(self, *_: Any) -> None:
        """The reply that asks for it is the answer."""


class Unreachable(Exception):
    """Nothing answered; the message says why."""


@dataclass(frozen=True)
class Reply:
    """What a function answered, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    seconds: float
    """From sending to the last byte, as seen from here."""

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "").startswith(JSON)

    def json(self) -> Any:
        """The document; :class:`ValueError` where it is none."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Client:
    """One way in for all calls."""

    access: Access

    def get(self, endpoint: Endpoint, path: str = "", timeout_s: float = LONGEST_S) -> Reply:
        return self._send(endpoint, "GET", path, b"", timeout_s)

    def post(self, endpoint: Endpoint, document: Any, path: str = "") -> Reply:
        return self._send(endpoint, "POST", path, json.dumps(document).encode(), LONGEST_S)

    def open(self, endpoint: Endpoint, document: Any, path: str = "") -> Reply | EventReply:
        """The same for an answer that may come as events; it is there when the first one is.

        A first event that is an error counts as a reply with that error.
        """
        started_s = time.monotonic()
        reply = self._open(endpoint, "POST", path, json.dumps(document).encode(), LONGEST_S, started_s)
        if isinstance(reply, Reply):
            return reply
        headers = {name.lower(): value for name, value in reply.headers.items()}
        if not headers.get("content-type", "").startswith(EVENTS):
            with reply:
                return _read(reply.status, reply, started_s)
        events = documents(reply)
        try:
            first = next(events, None)
        except (OSError, HTTPException) as error:
            raise Unreachable(f"{endpoint.name} broke off before its answer: {error}") from error
        seconds = time.monotonic() - started_s
        if first is not None and "error" in first:
            return error_reply(first, headers, seconds)
        return EventReply(headers, first, seconds, events, started_s)

    def _send(self, endpoint: Endpoint, method: str, path: str, body: bytes, timeout_s: float) -> Reply:
        started_s = time.monotonic()
        reply = self._open(endpoint, method, path, body, timeout_s, started_s)
        if isinstance(reply, Reply):
            return reply
        with reply:
            return _read(reply.status, reply, started_s)

    def _open(
        self, endpoint: Endpoint, method: str, path: str, body: bytes, timeout_s: float, started_s: float
    ) -> Any:
        """An open response, or a :class:`Reply` for an error's status.

        Raises :class:`Unreachable`, or :class:`~playground.access.NoCredentials`.
        """
        url = endpoint.url + path
        headers = {"accept": ANY, **({"content-type": JSON} if body else {})}
        signed = self.access.headers(method, url, body, headers)
        request = urllib.request.Request(url, body or None, signed, method=method)
        try:
            return urllib.request.build_opener(_Stay).open(request, timeout=timeout_s)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error.code, error, started_s)
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(f"{endpoint.name} did not answer: {reason}") from error


def _read(status: int, reply: Any, started_s: float) -> Reply:
    body = reply.read()
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Reply(status, headers, body, time.monotonic() - started_s)


def error_reply(event: dict[str, Any], headers: Mapping[str, str], seconds: float) -> Reply:
    """An error that came as an event, as the reply that it would have been before the first one."""
    error = event["error"]
    document = {**event, "type": error["type"]} if isinstance(error, dict) else event
    status = NOT_READY if document.get("type") == "ModelNotReady" else 500
    return Reply(status, {**headers, "content-type": JSON}, json.dumps(document).encode(), seconds)
