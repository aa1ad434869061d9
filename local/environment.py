"""One execution environment: a process that runs the official runtime client on the real handler."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.settings import PASSED_ON
from local.runtime_api import Invocation, Result, RuntimeApi
from local.server import LoopbackServer
from local.small_reads import open_pipe

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.template import LocalFunction

LONGEST_LINE_BYTES = 1 << 20
INIT_LIMIT_S = 10.0
"""Lambda's init phase; what it takes beyond counts against the function's timeout."""
ROOT = Path(__file__).parents[1]


class EndedBetweenEvents(Exception):
    """The environment ended after an event of before and took no other: nothing is lost with it."""


class Environment:
    """Started once, invoked one event at a time, killed on timeout; never used again after it died."""

    def __init__(
        self, function: LocalFunction, cache: Path, overrides: dict[str, str], log: Callable[[str, str], None]
    ) -> None:
        self._function = function
        self._cache = cache
        self._overrides = overrides
        self._log = log
        self._api = RuntimeApi()
        self._server = LoopbackServer(self._api.app)
        self._scratch = Path(tempfile.mkdtemp(prefix="hublet-"))
        self._process: asyncio.subprocess.Process | None = None
        self._relay: asyncio.Task[None] | None = None
        self._exited: asyncio.Task[int] | None = None
        """One for all events: asyncio keeps each wait for a process until that ends, also one given up."""
        self._is_killed = False
        self._has_answered = False

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None and not self._is_killed

    @property
    def is_waiting(self) -> bool:
        """Whether the runtime has asked for its next event; after a reply it may still end instead."""
        return self._api.asked.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Spawn the runtime; its init phase goes on while the first event is handed over."""
        await self._server.start()
        reading, writing = os.pipe()
        try:
            output = await open_pipe(reading, LONGEST_LINE_BYTES)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "awslambdaric",
                self._function.handler,
                cwd=ROOT,
                env=self._variables(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(writing)  # the last one is the runtime's, so that its end is the output's end
        self._exited = asyncio.create_task(self._process.wait())
        self._relay = asyncio.create_task(self._relay_log(output))

    async def invoke(self, invocation: Invocation) -> Result:
        """The function's answer, or what Lambda says when there is none.

        Raises :class:`EndedBetweenEvents` when the event was not handed over, and can go to another one.
        """
        assert self._exited
        asked = asyncio.create_task(self._api.asked.wait())
        starts: set[asyncio.Future[Any]] = {asked, self._exited}
        try:
            await asyncio.wait(starts, timeout=INIT_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
        if self._has_answered and not self.is_alive:
            raise EndedBetweenEvents
        self._api.put(invocation)
        ends: set[asyncio.Future[Any]] = {invocation.result, self._exited}
        await asyncio.wait(ends, timeout=invocation.timeout_s, return_when=asyncio.FIRST_COMPLETED)
        return self._outcome(invocation)

    def _outcome(self, invocation: Invocation) -> Result:
        if invocation.result.done():
            self._has_answered = True
            result = invocation.result.result()
            if result.ends_environment:
                self.kill()
            return result
        prefix = f"RequestId: {invocation.request_id} Error:"
        if not self.is_alive:
            return self._api.init_error or Result.failed("Runtime.ExitError", f"{prefix} {self._exit_text()}")
        self.kill()
        message = f"{prefix} Task timed out after {invocation.timeout_s:.2f} seconds"
        self._log(self._function.name, message)
        return Result.failed("Sandbox.Timedout", message)

    def kill(self) -> None:
        """End the environment and all that it started."""
        self._is_killed = True
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Kill, wait, and clean up everything of this environment."""
        self.kill()
        if self._exited:
            await self._exited
        if self._relay:
            await self._relay
        self._api.close()
        await self._server.stop()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _exit_text(self) -> str:
        code = self._process.returncode if self._process else None
        if code is not None and code < 0:
            return f"Runtime exited with error: signal: {signal.Signals(-code).name}"
        return f"Runtime exited with error: exit status {code}"

    async def _relay_log(self, output: asyncio.StreamReader) -> None:
        while line := await output.readline():
            self._log(self._function.name, line.decode("utf-8", "replace").rstrip())

    def _variables(self) -> dict[str, str]:
        """What Lambda and the template would set, with the mount and the Hub of this machine."""
        function = self._function
        return {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            **function.environment,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": function.full_name,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.full_name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.port}",
            "AWS_REGION": "us-east-1",
            "LAMBDA_TASK_ROOT": str(ROOT),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self._scratch),
            **self._overrides,
            "MODEL_CACHE": str(self._cache),
        }
