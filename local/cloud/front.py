"""The HTTP front of the local cloud: function URLs, the two Invoke APIs and an index."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import deque
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.cloud import streamed_call
from local.cloud.function_url import new_request_id, to_event, to_response
from local.cloud.loopback_server import OWN_NAMES, LoopbackServer
from local.cloud.own_pages import OwnPages
from local.cloud.pool import REPLACED, Pool, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.requests import Request

    from local.cloud.relay import Relay
    from local.cloud.runtime_api import Result
    from local.cloud.template import LocalFunction

MAX_REQUEST_BYTES = 6 * 1024 * 1024
MAX_EVENT_REQUEST_BYTES = 1024 * 1024
MAX_DROPPED_BYTES = 64 * 1024 * 1024
LOG_TAIL_BYTES = 4096
RETRY_AFTER = {"retry-after": "1"}
"""Lambda's Invoke API has it for throttled calls (``retryAfterSeconds``); function URLs here have it too."""
STREAMED = "response-streaming-invocations"
"""How a path of InvokeWithResponseStream ends."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class TooLarge(Exception):
    """The request body is larger than Lambda allows."""


class _WholePath(StringConvertor):
    """The rest of a path with line breaks, which function URLs pass on. Starlette's converter stops there."""

    regex = r"[\s\S]*"


register_url_convertor("whole", _WholePath())


class Cloud:
    """All functions of one template on one port; ``async with`` starts and stops it."""

    def __init__(
        self,
        functions: list[LocalFunction],
        cache: Path,
        overrides: Callable[[LocalFunction], dict[str, str]],
        log: Callable[[str, str], None],
        port: int = 0,
        notes: Mapping[str, str] = MappingProxyType({}),
        template: Path | None = None,
    ) -> None:
        """``notes``: function -> what has to stand beside its answers; those without need none.

        ``template``: where the rules of a relay are; without one, no function may need a relay.
        """
        self._show = log
        self._notes = notes
        self._tails: dict[str, deque[str]] = {function.name: deque(maxlen=100) for function in functions}
        self._overrides = overrides
        self._relay: Relay | None = None
        if template and any(function.is_relayed for function in functions):
            from local.cloud.relay import Relay  # moto, which is more than half a second

            self._relay = Relay(template, functions, cache, overrides, self._show)
        self.pools: dict[str, Pool[LocalFunction]] = {
            function.name: Pool(function, cache, self._variables(function), self._log)
            for function in functions
        }
        self._aliases = {pool.function.full_name: pool for pool in self.pools.values()}
        self._background: set[asyncio.Task[Result]] = set()
        routes = [
            Route("/", self._index, methods=["GET"]),
            Route("/2015-03-31/functions/{name}/invocations", self._invoke, methods=["POST"]),
            Route(f"/2021-11-15/functions/{{name}}/{STREAMED}", self._invoke, methods=["POST"]),
            Route("/{name}", self._url, methods=METHODS),
            Route("/{name}/{path:whole}", self._url, methods=METHODS),
        ]
        # A page of the web can have its own name lead to this machine; its browser sends that name along.
        guard = Middleware(TrustedHostMiddleware, allowed_hosts=list(OWN_NAMES), www_redirect=False)
        self._server = LoopbackServer(
            Starlette(routes=routes, middleware=[guard, Middleware(OwnPages)]), port
        )
        self.url = f"http://127.0.0.1:{self._server.port}/"

    async def __aenter__(self) -> Cloud:
        if self._relay:
            await self._relay.start()
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for pool in self.pools.values():
            await pool.stop()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._server.stop()
        for pool in self.pools.values():
            await pool.stop()
        if self._relay:
            await self._relay.stop()

    def _variables(self, function: LocalFunction) -> dict[str, str]:
        own = self._overrides(function)
        return {**own, **self._relay.variables} if self._relay and function.is_relayed else own

    def function_url(self, name: str) -> str:
        return f"{self.url}{name}/"

    def model(self, name: str) -> str:
        """The model of a function, with local overrides applied."""
        function = self.pools[name].function
        return self._overrides(function).get("MODEL", function.task.model.id)

    def note(self, name: str) -> str:
        """What has to stand beside every answer of a function's default model; mostly nothing."""
        return self._notes.get(name, "")

    async def last_words(self, name: str) -> str:
        """The last line that a function logged; its idle environments end, so that none is still on its way.

        Lambda's runtime client puts a traceback on the line of its error, which is enough without.
        """
        await self.pools[name].recycle()
        lines = (line.partition("\r")[0].strip() for line in reversed(self._tails[name]))
        return next((line for line in lines if line and not line.endswith(REPLACED)), "")

    def _log(self, name: str, line: str) -> None:
        self._tails[name].append(line)
        self._show(name, line)

    async def _index(self, request: Request) -> Response:
        return JSONResponse(
            [
                {
                    "name": name,
                    "url": self.function_url(name),
                    "task": pool.function.task.pipeline_tag,
                    "model": self.model(name),
                    "note": self.note(name),
                }
                for name, pool in self.pools.items()
            ]
        )

    async def _url(self, request: Request) -> Response:
        pool = self.pools.get(request.path_params["name"])
        if pool is None:
            return JSONResponse({"Message": f"no such function; known: {', '.join(self.pools)}"}, 404)
        cors = pool.function.cors
        return cors.preflight(request) or cors.marked(request, await self._called(pool, request))

    async def _called(self, pool: Pool[LocalFunction], request: Request) -> Response:
        try:
            body = await _read(request, MAX_REQUEST_BYTES)
            request_id = new_request_id()
            path = "/" + request.path_params.get("path", "")
            payload = json.dumps(to_event(request, path, body, request_id)).encode()
            _check_size(len(payload), MAX_REQUEST_BYTES)
            if pool.function.streams:
                return await streamed_call.to_http(self._start(pool, payload, request_id))
            return to_response(await pool.invoke(payload, request_id))
        except TooLarge as error:
            return JSONResponse({"Message": str(error)}, 413, {"connection": "close"})
        except Throttled:
            return JSONResponse({"Message": "Rate Exceeded."}, 429, RETRY_AFTER)

    def _start(
        self, pool: Pool[LocalFunction], payload: bytes, request_id: str
    ) -> streamed_call.StreamedCall:
        call = streamed_call.StreamedCall(pool, payload, request_id)
        self._background.add(call.task)
        call.task.add_done_callback(self._background.discard)
        return call

    def _log_tail(self, pool: Pool[LocalFunction]) -> bytes:
        return "\n".join(self._tails[pool.function.name]).encode()[-LOG_TAIL_BYTES:]

    async def _invoke(self, request: Request) -> Response:
        pool = self._find(request.path_params["name"])
        if pool is None:
            return _api_error(404, "ResourceNotFoundException", "Function not found")
        kind = request.headers.get("x-amz-invocation-type", "RequestResponse")
        limit_bytes = MAX_EVENT_REQUEST_BYTES if kind == "Event" else MAX_REQUEST_BYTES
        try:
            payload = await _read(request, limit_bytes) or b"{}"
            json.loads(payload)
            with_log = request.headers.get("x-amz-log-type", "").lower() == "tail"
            if kind == "RequestResponse" and request.url.path.endswith(STREAMED):
                call = self._start(pool, payload, new_request_id())
                return await streamed_call.to_events(call, lambda: self._log_tail(pool) if with_log else None)
            return await self._run(pool, kind, payload, with_log)
        except TooLarge as error:
            return _api_error(413, "RequestTooLargeException", str(error))
        except (ValueError, RecursionError):
            return _api_error(400, "InvalidRequestContentException", "Could not parse request body into json")
        except Throttled:
            return _api_error(429, "TooManyRequestsException", "Rate Exceeded.", RETRY_AFTER)

    async def _run(self, pool: Pool[LocalFunction], kind: str, payload: bytes, with_log: bool) -> Response:
        if kind == "DryRun":
            return Response(status_code=204)
        if kind == "Event":
            task = asyncio.create_task(pool.invoke(payload))
            self._background.add(task)
            task.add_done_callback(self._finish_background)
            return Response(status_code=202)
        if kind != "RequestResponse":
            return _api_error(400, "InvalidParameterValueException", f"unknown invocation type {kind[:40]!r}")
        result = await pool.invoke(payload)
        headers = {"X-Amz-Executed-Version": "1", "x-amzn-RequestId": new_request_id()}
        if result.error:
            headers["X-Amz-Function-Error"] = result.error
        if with_log:
            headers["X-Amz-Log-Result"] = base64.b64encode(self._log_tail(pool)).decode()
        return Response(result.payload, media_type="application/json", headers=headers)

    def _finish_background(self, task: asyncio.Task[Result]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception():
            self._show("local", f"an asynchronous invocation was dropped: {task.exception()}")

    def _find(self, name: str) -> Pool[LocalFunction] | None:
        """Find a function by short name, full name or ARN, with or without a version or alias."""
        if name.startswith("arn:"):
            name = ":".join(name.split(":")[6:])
        name = name.split(":")[0]
        return self.pools.get(name) or self._aliases.get(name)


async def _read(request: Request, limit_bytes: int) -> bytes:
    """Read the body. One that is too large is dropped, but read on, so that the client sees our answer."""
    body = bytearray()
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes <= limit_bytes:
            body += chunk
        elif size_bytes > limit_bytes + MAX_DROPPED_BYTES:
            break
    _check_size(size_bytes, limit_bytes)
    return bytes(body)


def _check_size(size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise TooLarge(f"Request must be smaller than {limit_bytes} bytes for the InvokeFunction operation")


def _api_error(
    status: int, kind: str, message: str, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    return JSONResponse({"Type": "User", "message": message}, status, {"x-amzn-ErrorType": kind, **headers})
