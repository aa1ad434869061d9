"""The relay on this machine: the bucket, and the functions that the template's rules start."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from local.cloud.bucket import LocalBucket
from local.cloud.pool import Pool
from local.cloud.rules import read_rules, to_event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from local.cloud.rules import Rule
    from local.cloud.template import DeployedFunction, LocalFunction

BUCKET = "hublet-local"
AT_ONCE = 2
"""Events of one function that are handled at once: a conversion takes both of a small machine's cores."""


class Relay:
    """Between ``start`` and ``stop``, what is written to the bucket starts functions."""

    def __init__(
        self,
        template: Path,
        functions: Iterable[LocalFunction],
        cache: Path,
        overrides: Callable[[LocalFunction], dict[str, str]],
        log: Callable[[str, str], None],
    ) -> None:
        self._bucket = LocalBucket(BUCKET, self._created)
        self._rules: list[Rule] = read_rules(template, BUCKET)
        self._log = log
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        variables = _variables(functions, overrides) | self._bucket.variables
        targets = {each.full_name: each for rule in self._rules for each in rule.targets}
        self._pools: dict[str, Pool[DeployedFunction]] = {
            name: Pool(each, cache, variables, log) for name, each in targets.items()
        }
        self._turns = {name: asyncio.Semaphore(AT_ONCE) for name in targets}

    @property
    def variables(self) -> Mapping[str, str]:
        """For the functions that ask: the bucket, which is all that they can reach."""
        return self._bucket.variables

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._bucket.start)

    async def stop(self) -> None:
        """End the functions, then the bucket."""
        for task in self._tasks:
            task.cancel()
        for pool in self._pools.values():
            await pool.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self._bucket.stop)

    def _created(self, key: str) -> None:
        """Called in a thread of the bucket's."""
        assert self._loop
        self._loop.call_soon_threadsafe(self._send, to_event(BUCKET, key))

    def _send(self, event: dict[str, Any]) -> None:
        names = {each.full_name for rule in self._rules if rule.matches(event) for each in rule.targets}
        for name in names:
            task = asyncio.ensure_future(self._invoke(name, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _invoke(self, name: str, event: dict[str, Any]) -> None:
        async with self._turns[name]:
            result = await self._pools[name].invoke(json.dumps(event).encode())
        if result.error:
            self._log(self._pools[name].function.name, f"the event failed: {result.payload.decode()[:500]}")


def _variables(
    functions: Iterable[LocalFunction], overrides: Callable[[LocalFunction], dict[str, str]]
) -> dict[str, str]:
    """Variables of the factory and the cache function that differ from the template's on this machine."""
    models: dict[str, dict[str, Any]] = {}
    shared: dict[str, str] = {}
    for function in functions:
        own = overrides(function)
        shared |= {name: own[name] for name in ("HF_ENDPOINT", "PRECISION") if name in own}
        if "MODEL" in own:
            models[function.task.name] = {
                "model": own["MODEL"],
                "revision": own.get("REVISION"),
                "pickle_weights": own.get("PICKLE_WEIGHTS") == "true",
            }
    return {**shared, **({"MODELS": json.dumps(models)} if models else {})}
