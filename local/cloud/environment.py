"""An execution environment: a process with the official runtime client and our handler."""

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
from inference.tasks import OWN, own_folders
from local.cloud.loopback_server import LoopbackServer
from local.cloud.runtime_api import Invocation, Result, RuntimeApi
from local.cloud.small_reads import open_pipe
from local.folders import INFERENCE_FROM

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cloud.template import DeployedFunction

LONGEST_LINE_BYTES = 1 << 20
INIT_LIMIT_S = 10.0
"""Limit of Lambda's init phase; more time counts against the function's timeout."""


class EndedBetweenEvents(Exception):
    """The environment ended after an earlier event. The new event was not handed over, so it is not lost."""


class Environment:
    """One process. It handles one event at a time, is killed on timeout, and is never restarted."""

    def __init__(
        self,
        function: DeployedFunction,
        cache: Path,
        overrides: dict[str, str],
        log: Callable[[str, str], None],
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
        """One wait for all events: asyncio keeps even a cancelled wait until the process ends."""
        self._is_killed = False
        self._has_answered = False

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None and not self._is_killed

    @property
    def is_waiting(self) -> bool:
        """Whether the runtime has asked for its next event. After a reply it may also end."""
        return self._api.asked.is_set()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the runtime. Its init phase may still run when the first event is handed over."""
        await self._server.start()
        reading, writing = os.pipe()
        try:
            output = await open_pipe(reading, LONGEST_LINE_BYTES)
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "inference.runtime.loop",
                self._function.handler,
                cwd=INFERENCE_FROM,
                env=self._variables(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(writing)  # only the runtime holds the writing end now, so the output ends with it
        self._exited = asyncio.create_task(self._process.wait())
        self._relay = asyncio.create_task(self._relay_log(output))

    async def invoke(self, invocation: Invocation) -> Result:
        """The function's answer, or Lambda's error if there is none.

        Raises :class:`EndedBetweenEvents` if the event was not handed over; another environment can take it.
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
        """Kill the environment and its child processes."""
        self._is_killed = True
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Kill the environment, wait for its end, and remove its files."""
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

    def _link_own_tasks(self) -> list[str]:
        """A folder with nothing but the user's own tasks, for the path; none where there are none."""
        own = own_folders()
        if not own:
            return []
        folder = self._scratch / "own"
        folder.mkdir(exist_ok=True)
        if not (folder / OWN).is_symlink():
            (folder / OWN).symlink_to(own[0].absolute(), target_is_directory=True)
        return [str(folder)]

    def _variables(self) -> dict[str, str]:
        """The variables of Lambda and the template, with the cache and the Hub of this machine."""
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
            "LAMBDA_TASK_ROOT": str(INFERENCE_FROM),
            "PYTHONPATH": os.pathsep.join([str(INFERENCE_FROM), *self._link_own_tasks()]),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(self._scratch),
            **self._overrides,
            "MODEL_CACHE": str(self._cache),
        }
