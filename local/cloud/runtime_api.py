"""The Lambda Runtime API for one execution environment, for the official runtime client.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes" (version 2018-06-01).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100
VERSION = "/2018-06-01/runtime"
RESPONSE_MODE = "lambda-runtime-function-response-mode"
ERROR_TYPE, ERROR_BODY = "lambda-runtime-function-error-type", "lambda-runtime-function-error-body"


@dataclass(frozen=True)
class Result:
    """The result of an invocation; ``error`` is Lambda's FunctionError, ``None`` for success."""

    payload: bytes
    error: str | None = None
    ends_environment: bool = False
    """The official runtime client exits when its response is refused."""

    @classmethod
    def failed(cls, kind: str, message: str, ends_environment: bool = False) -> Result:
        payload = json.dumps({"errorType": kind, "errorMessage": message}).encode()
        return cls(payload, "Unhandled", ends_environment)


@dataclass
class Listener:
    """Who takes the pieces of a streamed answer as they come."""

    on_chunk: Callable[[bytes], None]
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when nobody wants more of them."""


@dataclass
class Invocation:
    """One event on its way through an environment."""

    request_id: str
    payload: bytes
    function_arn: str
    timeout_s: int
    listener: Listener | None = None
    """Without one, the pieces of a streamed answer are kept together as its payload."""
    ends_at_s: float = 0.0
    """Unix time of the function's timeout, which counts from the moment the event is handed over."""
    result: asyncio.Future[Result] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def finish(self, result: Result) -> None:
        if not self.result.done():
            self.result.set_result(result)


class RuntimeApi:
    """Gives invocations to a runtime client and receives its responses."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        """Set while the runtime client waits for an event."""
        self.init_error: Result | None = None
        self._queue: asyncio.Queue[Invocation | None] = asyncio.Queue()
        self._current: Invocation | None = None
        self.app = Starlette(
            routes=[
                Route(f"{VERSION}/invocation/next", self._next),
                Route(f"{VERSION}/invocation/{{id}}/response", self._response, methods=["POST"]),
                Route(f"{VERSION}/invocation/{{id}}/error", self._error, methods=["POST"]),
                Route(f"{VERSION}/init/error", self._init_error, methods=["POST"]),
            ]
        )

    def put(self, invocation: Invocation) -> None:
        """Start the invocation's timeout, and give it to the runtime client now or when it asks."""
        self.asked.clear()
        invocation.ends_at_s = time.time() + invocation.timeout_s
        self._queue.put_nowait(invocation)

    def close(self) -> None:
        """End a waiting ``next``, so that the server can stop."""
        self._queue.put_nowait(None)

    async def _next(self, request: Request) -> Response:
        if self._queue.empty():
            self.asked.set()
        invocation = await self._queue.get()
        if invocation is None:
            return Response(status_code=410)
        self._current = invocation
        return Response(
            invocation.payload,
            media_type="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
                "Lambda-Runtime-Deadline-Ms": str(int(invocation.ends_at_s * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{'0' * 24};Sampled=0",
            },
        )

    async def _response(self, request: Request) -> Response:
        if request.headers.get(RESPONSE_MODE) == "streaming":
            return await self._streamed_response(request)
        payload = await request.body()
        if len(payload) > MAX_RESPONSE_BYTES:
            limit = f"maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)"
            kind = "Function.ResponseSizeTooLarge"
            refused = Result.failed(kind, f"Response payload size exceeded {limit}.", ends_environment=True)
            return self._finish(request, refused, 413)
        return self._finish(request, Result(payload))

    async def _streamed_response(self, request: Request) -> Response:
        """Hand the body on as it comes; answer before its end if nobody wants it any more."""
        current = self._current
        if current is None or request.path_params["id"] != current.request_id:
            return self._finish(request, Result(b""))
        kept = bytearray()
        listener = current.listener or Listener(kept.extend)
        reading = asyncio.create_task(_read_chunks(request, listener.on_chunk))
        gone = asyncio.create_task(listener.gone.wait())
        await asyncio.wait({reading, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in (reading, gone):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await gone
        try:
            await reading
        except asyncio.CancelledError:
            self._finish(request, Result.failed("Client.Gone", "the caller left before the answer's end"))
            return JSONResponse({"errorType": "Client.Gone"}, 400, {"connection": "close"})
        except ClientDisconnect:  # the runtime died; whoever waits for its process says so
            return Response(status_code=400)
        trailers: dict[str, str] = request.scope["extensions"]["trailers"]
        if ERROR_TYPE in trailers:
            return self._finish(request, Result(_error_body(trailers), "Unhandled"))
        return self._finish(request, Result(bytes(kept)))

    async def _error(self, request: Request) -> Response:
        return self._finish(request, Result(await request.body(), "Unhandled"))

    async def _init_error(self, request: Request) -> Response:
        self.init_error = Result(await request.body(), "Unhandled")
        return JSONResponse({"status": "OK"}, 202)

    def _finish(self, request: Request, result: Result, status: int = 202) -> Response:
        current = self._current
        if current is None or request.path_params["id"] != current.request_id:
            return JSONResponse({"errorType": "InvalidRequestID"}, 400)
        self._current = None
        current.finish(result)
        return JSONResponse({"status": "OK"}, status)


async def _read_chunks(request: Request, on_chunk: Callable[[bytes], None]) -> None:
    async for chunk in request.stream():
        if chunk:
            on_chunk(chunk)


def _error_body(trailers: dict[str, str]) -> bytes:
    try:
        return base64.b64decode(trailers.get(ERROR_BODY, ""), validate=True)
    except ValueError:
        return b"{}"
