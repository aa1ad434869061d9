"""A function's environment with no more memory than Lambda gives it: the kernel ends it at the limit.

The limit is a control group's, which counts child processes too. Where none can be made, as in a container
without rights, it is one of data for each process: then memory is refused, and an answer is a 500.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.runtime.peak_memory import peak_memory_mb
from local.cloud.environment import Environment
from local.cloud.runtime_api import Invocation
from tests.support.events import url_event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cloud.template import DeployedFunction

MEGABYTE = 1 << 20
GROUPS = Path("/sys/fs/cgroup")
STREAM_BEGINS = b"\0" * 8
"""Between the head of a streamed reply and its body."""
REMOVALS = 500
RESET_PEAK = "5"
"""To ``clear_refs``: the peak of resident memory begins anew (Linux, filesystems/proc.rst)."""


@dataclass(frozen=True)
class Reply:
    """What came of one event."""

    status: int
    document: Any
    """Of an error; answers are not read."""
    peak_mb: float
    """The most that the process held until then; of its children the group's limit speaks."""

    @property
    def kind(self) -> str:
        return str(self.document.get("type")) if isinstance(self.document, dict) else ""

    @property
    def message(self) -> str:
        said = self.document.get("error") if isinstance(self.document, dict) else None
        return str(said.get("message") if isinstance(said, dict) else said or "")


class LimitedEnvironment:
    """One environment of a function, driven by one thread."""

    def __init__(
        self, function: DeployedFunction, cache: Path, variables: dict[str, str], group: Path | None
    ) -> None:
        self.log: list[str] = []
        self._function = function
        self._group = group
        self._loop = asyncio.new_event_loop()
        self._environment = Environment(function, cache, variables, lambda _, line: self.log.append(line))

    def start(self) -> None:
        """Start the process, and limit it before Python has begun there."""
        self._loop.run_until_complete(self._environment.start())
        assert self._environment.pid
        if self._group:
            (self._group / "cgroup.procs").write_text(str(self._environment.pid))
        else:
            limit = self._function.memory_mb * MEGABYTE
            resource.prlimit(self._environment.pid, resource.RLIMIT_DATA, (limit, limit))

    def post(self, path: str, body: Any) -> Reply:
        """Send a body as the function's URL does; fails where the process did not live to answer."""
        event = url_event(body, path=path)
        result = self._loop.run_until_complete(self._invoke(json.dumps(event).encode()))
        assert result.error is None, f"{result.payload!r}; {self.log[-5:]}"
        head, is_streamed, body = result.payload.partition(STREAM_BEGINS)
        answer = json.loads(head)
        status = int(answer["statusCode"])
        document = None if status == 200 else json.loads(body if is_streamed else answer["body"])
        return Reply(status, document, peak_memory_mb(f"/proc/{self._environment.pid}/status"))

    async def _invoke(self, payload: bytes) -> Any:
        arn, limit_s = "arn:aws:lambda:us-east-1:123456789012:function:it", self._function.timeout_s
        given = Invocation(uuid.uuid4().hex, payload, arn, limit_s, ends_at_s=time.time() + limit_s)
        return await self._environment.invoke(given)

    def forget_peak(self) -> None:
        """Count the next event's peak alone."""
        Path(f"/proc/{self._environment.pid}/clear_refs").write_text(RESET_PEAK)

    def stop(self) -> None:
        self._loop.run_until_complete(self._environment.stop())
        self._loop.close()


@contextlib.contextmanager
def limited(
    function: DeployedFunction, cache: Path, variables: dict[str, str]
) -> Iterator[LimitedEnvironment]:
    """The environment, with the function's memory; it ends with the block."""
    group = _make_group(function.memory_mb * MEGABYTE)
    environment = LimitedEnvironment(function, cache, variables, group)
    try:
        environment.start()
        yield environment
    finally:
        environment.stop()
        if group:
            _remove(group)


def _make_group(limit_bytes: int) -> Path | None:
    """Version 1 has a folder for memory, and version 2 one for all; ``None`` where we may make none."""
    is_old = (GROUPS / "memory").is_dir()
    group = GROUPS / ("memory" if is_old else "") / f"hublet-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if is_old else "memory.max")).write_text(str(limit_bytes))
    except OSError:
        with contextlib.suppress(OSError):
            group.rmdir()
        return None
    return group


def _remove(group: Path) -> None:
    """The kernel takes a moment to count a process out of its group."""
    for _ in range(REMOVALS):
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.02)
    raise AssertionError(f"{group} cannot be removed: {(group / 'cgroup.procs').read_text()}")
