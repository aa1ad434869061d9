"""The door of the Hub: each request is written down here, and meets the faults that need no file."""

from urllib.parse import quote

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.hub_faults import Cut, Faults
from local.hub_record import Record, Seen


class Gate:
    """Middleware that writes down each request and applies the faults which need no file."""

    def __init__(self, app: ASGIApp, faults: Faults, record: Record) -> None:
        self._app, self._faults, self._record = app, faults, record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Routes by the path as it was sent: decoded first, a %2F would change which part is the revision."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("ascii")
        seen = _seen(scope, path)
        self._record.arrived(seen)

        async def watched(message: Message) -> None:
            self._record.sending(seen, message)
            await send(message)

        try:
            await (self._failure(path) or self._app)({**scope, "path": path}, receive, watched)
        except Cut:
            return None

    def _failure(self, path: str) -> ASGIApp | None:
        faults = self._faults
        if not (faults.hang or faults.broken or faults.rate_limit is not None) or not faults.strike(path):
            return None
        if faults.hang:
            return _hang
        if faults.rate_limit is not None:
            return _too_many_requests(path, faults.rate_limit)
        return JSONResponse({"error": "Internal Error - We're working hard to fix this."}, 500)


def _seen(scope: Scope, path: str) -> Seen:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Seen(scope["method"], path, scope["query_string"].decode("latin-1"), headers)


async def _hang(scope: Scope, receive: Receive, send: Send) -> None:
    """Wait for the client to leave, or for the server to drop it when it stops."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _too_many_requests(path: str, seconds: int) -> Response:
    """The headers that the client reads to know how long to sleep (huggingface.co/docs/hub/rate-limits)."""
    kind, quota = ("resolvers", 3000) if "/resolve/" in path else ("api", 500)
    headers = {
        "RateLimit": f'"{kind}";r=0;t={seconds}',
        "RateLimit-Policy": f'"fixed window";"{kind}";q={quota};w=300',
    }
    return JSONResponse({"error": "We had to rate limit your IP."}, 429, headers)
