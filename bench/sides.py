"""The two sides as functions of the local cloud: one Runtime API, one process handling, two handlers."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.tasks import get_task
from local.pool import Pool
from local.template import LocalFunction

if TYPE_CHECKING:
    from bench.models import BenchModel


class BenchFailed(Exception):
    """A side did not answer; the message is what it said."""


@dataclass
class Side:
    """One competitor, started anew for each cold start."""

    name: str
    pool: Pool

    async def call(self, inputs: Any) -> float:
        """Seconds of one call, the start of a process included where none is idle."""
        started_s = time.perf_counter()
        result = await self.pool.invoke(json.dumps({"inputs": inputs}).encode())
        if result.error:
            raise BenchFailed(f"{self.name}: {result.payload.decode()[:500]}")
        return time.perf_counter() - started_s

    def peak_memory_mb(self) -> float:
        """Peak resident memory of the running environment (VmHWM)."""
        (environment,) = self.pool.idle
        status = Path(f"/proc/{environment.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024


def make_side(name: str, model: BenchModel, cache: Path, hub_url: str, folder: Path, log: list[str]) -> Side:
    """``ours`` or ``peer``."""
    is_peer = name == "peer"
    function = LocalFunction(
        name=name,
        full_name=f"bench-{name}",
        task=get_task("sentiment"),
        memory_mb=model.memory_mb,
        timeout_s=900,
        environment={"TASK": "sentiment", "MODEL": model.repository, "PRECISION": "int8"},
        mount_path="/mnt/models",
        reserved_concurrency=1,
        handler="bench.peer_handler.handler" if is_peer else LocalFunction.handler,
    )
    overrides = {"HF_ENDPOINT": hub_url, "PEER_MODEL": str(folder)}
    return Side(name, Pool(function, cache, overrides, lambda _, line: log.append(line)))
