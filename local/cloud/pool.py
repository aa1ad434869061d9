"""The environments of one function: use an idle one, else start a new one, else throttle."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Generic, TypeVar

from local.cloud.environment import EndedBetweenEvents, Environment
from local.cloud.runtime_api import Invocation, Listener, Result
from local.cloud.template import DeployedFunction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

F = TypeVar("F", bound=DeployedFunction)

UNRESERVED_CONCURRENCY = 10
"""Limit of environments of a function without reserved concurrency, for one machine."""


REPLACED = "ended; the next event starts a new one"
"""How a line of ours in a function's log ends."""


class Throttled(Exception):
    """All environments that the function may have are busy."""


class Pool(Generic[F]):
    """The environments of one function."""

    def __init__(
        self,
        function: F,
        cache: Path,
        overrides: dict[str, str],
        log: Callable[[str, str], None],
    ) -> None:
        self.function = function
        self._cache = cache
        self._overrides = overrides
        self._log = log
        self._idle: list[Environment] = []
        self._busy: set[Environment] = set()

    @property
    def limit(self) -> int:
        reserved = self.function.reserved_concurrency
        return UNRESERVED_CONCURRENCY if reserved is None else reserved

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.function.full_name}"

    @property
    def idle(self) -> tuple[Environment, ...]:
        """Environments without an event; the latest may not have asked for its next event yet."""
        return tuple(self._idle)

    async def invoke(
        self, payload: bytes, request_id: str | None = None, listener: Listener | None = None
    ) -> Result:
        """Run one event to its end; raises :class:`Throttled` at once if all environments are busy."""
        invocation = Invocation(
            request_id or str(uuid.uuid4()), payload, f"{self.arn}:live", self.function.timeout_s, listener
        )
        while True:
            environment = await self._take()
            try:
                return await environment.invoke(invocation)
            except EndedBetweenEvents:
                continue
            finally:
                await self._give_back(environment)

    async def recycle(self) -> None:
        """End idle environments, so that the next event is a cold start."""
        while self._idle:
            await self._idle.pop().stop()

    async def stop(self) -> None:
        """End all environments, busy or not."""
        for environment in self._busy:
            environment.kill()
        await self.recycle()

    async def _take(self) -> Environment:
        while self._idle:
            environment = next((each for each in reversed(self._idle) if each.is_waiting), self._idle[-1])
            self._idle.remove(environment)
            self._busy.add(environment)
            if environment.is_alive:
                return environment
            await self._give_back(environment)
        if len(self._busy) >= self.limit:
            raise Throttled(f"{self.function.name} has {self.limit} environments, all busy")
        environment = Environment(self.function, self._cache, self._overrides, self._log)
        self._busy.add(environment)
        try:
            await environment.start()
        except BaseException:
            await self._give_back(environment)
            raise
        return environment

    async def _give_back(self, environment: Environment) -> None:
        if environment.is_alive:
            self._busy.discard(environment)
            self._idle.append(environment)
            return
        self._log(self.function.name, f"environment {environment.pid} {REPLACED}")
        await environment.stop()
        self._busy.discard(environment)
