"""Calls of a function's URL, with what came back and how long it took."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playground.access import Access
    from playground.endpoints import Endpoint

JSON = "application/json"
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

    def _send(self, endpoint: Endpoint, method: str, path: str, body: bytes, timeout_s: float) -> Reply:
        """Raises :class:`Unreachable`, or :class:`~playground.access.NoCredentials`."""
        url = endpoint.url + path
        headers = {"accept": ANY, **({"content-type": JSON} if body else {})}
        signed = self.access.headers(method, url, body, headers)
        request = urllib.request.Request(url, body or None, signed, method=method)
        started_s = time.monotonic()
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=timeout_s) as reply:
                return _read(reply.status, reply, started_s)
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
