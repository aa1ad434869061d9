"""Runs a pass on this machine: the template's machine, and its function in the local cloud."""

from __future__ import annotations

import asyncio
import shutil
import signal
from typing import TYPE_CHECKING, Any

from local.batch.job import JobFailed
from local.batch.machine import ExecutionFailed, Machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.batch.definition import Definition
    from local.cloud.front import Cloud

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class LocalRunner:
    """A cloud for each pass; objects of the bucket are files of the pass."""

    def __init__(self, definition: Definition, function: str, open_cloud: Callable[[], Cloud]) -> None:
        self.items_a_batch = definition.items_a_batch
        self.line_bytes = definition.batch_bytes
        self._definition = definition
        self._function = function
        self._open_cloud = open_cloud

    def run(self, source: Path, folder: Path, items: int, show: Callable[[int, int], None]) -> None:
        """Run a pass; raises :class:`KeyboardInterrupt` when it is stopped by a signal."""
        try:
            asyncio.run(self._run(source, folder, items, show))
        except ExecutionFailed as error:
            raise JobFailed(f"{error}; call again to go on, and see the last lines of the log") from error

    async def _run(self, source: Path, folder: Path, items: int, show: Callable[[int, int], None]) -> None:
        data = {"function": self._function, "key": source.name, "results": "results", "items": items}
        async with self._open_cloud() as cloud:
            pool = cloud.pools[self._function]
            machine = Machine(self._definition, lambda _, event: pool.invoke(event), source.parent)
            work: asyncio.Task[Any] = asyncio.ensure_future(machine.execute(data, show))
            loop, stopped = asyncio.get_running_loop(), asyncio.Event()
            for number in STOP_SIGNALS:
                loop.add_signal_handler(number, stopped.set)
            stop = asyncio.ensure_future(stopped.wait())
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                raise KeyboardInterrupt
            stop.cancel()
            await work
        for path in (folder / "results").glob("*_0.jsonl"):
            shutil.copy2(path, folder / path.name)
