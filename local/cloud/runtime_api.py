"""The Lambda Runtime API for one execution environment, for the official runtime client.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes" (version 2018-06-01).
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100
VERSION = "/2018-06-01/runtime"


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
class Invocation:
    """One event on its way through an environment."""

    request_id: str
    payload: bytes
    function_arn: str
    timeout_s: int
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
        payload = await request.body()
        if len(payload) > MAX_RESPONSE_BYTES:
            limit = f"maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)"
            kind = "Function.ResponseSizeTooLarge"
            refused = Result.failed(kind, f"Response payload size exceeded {limit}.", ends_environment=True)
            return self._finish(request, refused, 413)
        return self._finish(request, Result(payload))

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
