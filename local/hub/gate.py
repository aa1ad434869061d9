"""Middleware of the Hub: it logs each request, and applies the faults that need no file."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from local.hub.faults import ConnectionCut, Faults
from local.hub.record import HubLog, HubRequest

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Gate:
    """ASGI middleware in front of the Hub's app."""

    def __init__(self, app: ASGIApp, faults: Faults, record: HubLog) -> None:
        self._app = app
        self._faults = faults
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. Routing uses the raw path: a decoded %2F in a revision would split it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("ascii")
        seen = _to_hub_request(scope, path)
        self._record.add_request(seen)

        async def watched(message: Message) -> None:
            self._record.add_response_part(seen, message)
            await send(message)

        try:
            await (self._failing_app(path) or self._app)({**scope, "path": path}, receive, watched)
        except ConnectionCut:
            return None

    def _failing_app(self, path: str) -> ASGIApp | None:
        faults = self._faults
        has_fault = faults.hang or faults.broken or faults.retry_after_s is not None
        if not has_fault or not faults.use_fault(path):
            return None
        if faults.hang:
            return _hang
        if faults.retry_after_s is not None:
            return _too_many_requests(path, faults.retry_after_s)
        return JSONResponse({"error": "Internal Error - We're working hard to fix this."}, 500)


def _to_hub_request(scope: Scope, path: str) -> HubRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return HubRequest(scope["method"], path, scope["query_string"].decode("latin-1"), headers)


async def _hang(scope: Scope, receive: Receive, send: Send) -> None:
    """Wait until the client leaves or the server stops."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _too_many_requests(path: str, seconds: int) -> Response:
    """Answer 429 with the headers of huggingface.co/docs/hub/rate-limits, which say how long to wait."""
    kind, quota = ("resolvers", 3000) if "/resolve/" in path else ("api", 500)
    headers = {
        "RateLimit": f'"{kind}";r=0;t={seconds}',
        "RateLimit-Policy": f'"fixed window";"{kind}";q={quota};w=300',
    }
    return JSONResponse({"error": "We had to rate limit your IP."}, 429, headers)
