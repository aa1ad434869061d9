"""The contenders: ours and the peer are functions of the local cloud, the baseline is a plain script.

A contender that waits is stopped (SIGSTOP). The threads of torch and OpenMP spin for a while after a call,
and would take CPU time from the contender that is measured next.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from inference import NO_TELEMETRY
from inference.settings import PASSED_ON
from inference.tasks import get_task
from local.cloud.pool import Pool
from local.cloud.template import LocalFunction

if TYPE_CHECKING:
    from pathlib import Path

    from bench.speed.cases.case import Case

TIMEOUT_S = 900
LINE_BYTES = 1 << 24


class BenchFailed(Exception):
    """A contender did not answer; the message holds its error or its last log lines."""


class Contender(Protocol):
    """One of the programs that are compared."""

    name: str
    answer: Any
    """Its latest answer."""

    @property
    def pid(self) -> int:
        """The id of the running process."""

    async def cold(self, inputs: Any) -> float:
        """Seconds from the start of a new process to its first answer; ends the old process first."""

    async def warm(self, inputs: Any, calls: int) -> list[float]:
        """Seconds of each of ``calls`` calls to the running process."""

    async def end(self) -> None:
        """End the process, if there is one."""


@dataclass
class FunctionContender:
    """A handler under the official runtime client, behind the local Runtime API."""

    name: str
    pool: Pool[LocalFunction]
    log: list[str] = field(default_factory=list)
    answer: Any = None

    @property
    def pid(self) -> int:
        (environment,) = self.pool.idle
        assert environment.pid
        return environment.pid

    async def cold(self, inputs: Any) -> float:
        await self.pool.recycle()
        return await self._call(json.dumps({"inputs": inputs}).encode())

    async def warm(self, inputs: Any, calls: int) -> list[float]:
        payload = json.dumps({"inputs": inputs}).encode()
        return [await self._call(payload) for _ in range(calls)]

    async def end(self) -> None:
        await self.pool.stop()

    async def _call(self, payload: bytes) -> float:
        started_s = time.perf_counter()
        result = await self.pool.invoke(payload)
        seconds = time.perf_counter() - started_s
        if result.error:
            log = "\n".join(self.log[-20:])
            raise BenchFailed(f"{self.name}: {result.payload.decode()[:500]}\n{log}")
        self.answer = json.loads(result.payload)
        return seconds


@dataclass
class BaselineContender:
    """``bench.speed.baseline`` on our artifact."""

    case: Case
    artifact: Path
    name: str = "baseline"
    answer: Any = None
    _process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    async def cold(self, inputs: Any) -> float:
        await self.end()
        started_s = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bench.speed.baseline",
            self.case.kind,
            str(self.artifact),
            str(self.case.threads),
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ}
            | NO_TELEMETRY
            | self.case.variables,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LINE_BYTES,
        )
        await self.warm(inputs, 1)
        return time.perf_counter() - started_s

    async def warm(self, inputs: Any, calls: int) -> list[float]:
        assert self._process and self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"inputs": inputs, "calls": calls}).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            raise BenchFailed("baseline: ended without an answer")
        given = json.loads(line)
        self.answer = given["answer"]
        return list(given["seconds"])

    async def end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            await process.wait()


def pause(contender: Contender) -> None:
    os.kill(contender.pid, signal.SIGSTOP)


def resume(contender: Contender) -> None:
    os.kill(contender.pid, signal.SIGCONT)


def create_contender(name: str, case: Case, repository: Path, cache: Path, hub_url: str) -> FunctionContender:
    """The contender ``ours`` or ``peer``."""
    task = get_task(case.task)
    function = LocalFunction(
        name=name,
        full_name=f"bench-{name}",
        task=task,
        memory_mb=case.memory_mb,
        timeout_s=TIMEOUT_S,
        environment={"TASK": case.task, "MODEL": case.repository, "PRECISION": case.precision},
        mount_path="/mnt/models",
        reserved_concurrency=1,
        handler=f"bench.speed.peers.{case.kind}.handler" if name == "peer" else LocalFunction.handler,
    )
    overrides = {"HF_ENDPOINT": hub_url, "PEER_MODEL": str(repository.absolute())}
    overrides |= {"PEER_TASK": task.pipeline_tag, **case.variables}
    log: list[str] = []
    return FunctionContender(name, Pool(function, cache, overrides, lambda _, line: log.append(line)), log)
