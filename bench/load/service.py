"""The local cloud under load, started as a user starts it, and the memory of its processes."""

from __future__ import annotations

import asyncio
import json
import signal
import statistics
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench import process_facts
from inference.settings import MEMORY_PER_VCPU_MB

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

START_S = 600
"""The first start also makes the demo models."""
STOP_S = 30
ENVIRONMENTS = 4
"""For each function: two for each core. Capacity is measured with the same number of clients."""
SAMPLES = 400
QUARTERS = 4


class CloudNotStarted(Exception):
    """The local cloud did not start; the message is its last lines."""


class CloudProcess:
    """``python -m local serve`` over a template; ``async with`` starts and ends it."""

    def __init__(self, template: Path, cache: Path, functions: Sequence[str]) -> None:
        self._command = ["-m", "local", "serve", "--port", "0", "--template", str(template)]
        self._command += ["--cache", str(cache), "--tasks", ",".join(functions)]
        self._process: asyncio.subprocess.Process
        self._reader: asyncio.Task[None]
        self.log: deque[str] = deque(maxlen=50)
        self.url = ""

    async def __aenter__(self) -> CloudProcess:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
        self._reader = asyncio.create_task(self._read_log())
        assert self._process.stdout
        try:
            async with asyncio.timeout(START_S):
                line = await self._process.stdout.readline()
        except BaseException:
            await self.__aexit__()
            raise
        if not line.startswith(b"ready "):
            await self.__aexit__()
            raise CloudNotStarted("\n".join(self.log))
        self.url = line.decode().split()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        try:
            await asyncio.wait_for(self._process.wait(), STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        await self._reader

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def environments(self) -> list[int]:
        """Process ids of the running environments."""
        return process_facts.children(self.pid)

    def cpu_s(self) -> float:
        """CPU time of the cloud and of its running environments."""
        return sum(map(process_facts.cpu_s, [self.pid, *self.environments]))

    async def _read_log(self) -> None:
        assert self._process.stderr
        while line := await self._process.stderr.readline():
            self.log.append(line.decode("utf-8", "replace").rstrip())


@dataclass
class MemorySamples:
    """Resident memory over time in MB, sampled at even distances."""

    environments_mb: list[float] = field(default_factory=list)
    """All environments together."""
    cloud_mb: list[float] = field(default_factory=list)

    async def watch(self, cloud: CloudProcess, seconds: float) -> None:
        """Take samples until cancelled."""
        while True:
            self.environments_mb.append(sum(map(process_facts.resident_mb, cloud.environments)))
            self.cloud_mb.append(process_facts.resident_mb(cloud.pid))
            await asyncio.sleep(seconds / SAMPLES)


def median_by_quarter(samples: list[float]) -> list[float]:
    """The median of each quarter of the time."""
    ends = [len(samples) * quarter // QUARTERS for quarter in range(QUARTERS + 1)]
    parts = [samples[begin:end] for begin, end in zip(ends, ends[1:], strict=False)]
    return [round(statistics.median(part), 1) if part else 0.0 for part in parts]


def write_template_for_shared_cores(template: Path, folder: Path) -> Path:
    """Copy the template with ``ENVIRONMENTS`` environments for each function of a task, of one thread each.

    On Lambda an environment has its own vCPUs. Here a thread that waits for another one spins and takes a
    core from it. With two threads for translation alone, the p99 of every function rose from 2 to 3 times
    its p50 to 3 to 5.5 times.
    """
    document: dict[str, Any] = json.loads(template.read_text())
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        is_serving = "TASK" in properties.get("Environment", {}).get("Variables", {})
        if resource["Type"] == "AWS::Lambda::Function" and is_serving:
            properties["ReservedConcurrentExecutions"] = ENVIRONMENTS
            properties["MemorySize"] = min(properties["MemorySize"], MEMORY_PER_VCPU_MB)
    path = folder / template.name
    path.write_text(json.dumps(document))
    return path
