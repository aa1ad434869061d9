"""Runs the template's state machine on this machine, by the numbers that stand in it.

An interpreter of this one machine: moto's has no JSON lines, no batches and no result writer. Semantics are
those of the Step Functions developer guide, "Distributed Map"; what cannot be run stops at the start.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

from local.batch.map_run import ChildFailed, MapRun
from local.batch.payload import fill, put, resolve
from local.cloud.pool import Throttled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from local.batch.definition import Definition
    from local.cloud.runtime_api import Result

    Invoke = Callable[[str, bytes], Awaitable[Result]]
    """Function's name and event -> what it answered; raises :class:`Throttled`."""
    Show = Callable[[int, int], None]

MAX_STATE_BYTES = 262_144
"""Of a state's input or output (Step Functions developer guide, "Quotas")."""
EXPRESS_S = 300.0
"""An Express execution's longest time, from the same page."""


class ExecutionFailed(Exception):
    """The execution ended without success; ``error`` is its name in Step Functions."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error


class Machine:
    """One execution after the other; objects of the bucket are files in a folder."""

    def __init__(self, definition: Definition, invoke: Invoke, bucket: Path) -> None:
        self._definition = definition
        self._invoke = invoke
        self._bucket = bucket

    async def execute(self, data: dict[str, Any], show: Show) -> None:
        """Run to the end; raises :class:`ExecutionFailed` if it fails.

        What an earlier execution with the same input has done is not done again, as after a redrive.
        ``show(done, all)`` counts lines.
        """
        name: str | None = self._definition.document["StartAt"]
        while name:
            state = self._definition.states[name]
            if state["Type"] == "Choice":
                name = _choose(state, data)
                continue
            if state["Type"] == "Pass":
                data = put(state["ResultPath"], data, state["Result"])
            elif state["Type"] == "Task":
                data = put(state["ResultPath"], data, await self._task(state, data))
            else:
                await self._map(state, data, show)
            name = state.get("Next")

    async def _map(self, state: dict[str, Any], data: dict[str, Any], show: Show) -> None:
        processor = state["ItemProcessor"]
        child = processor["States"][processor["StartAt"]]

        async def run(batch: dict[str, Any]) -> Any:
            try:
                return await asyncio.wait_for(self._child(child, batch), EXPRESS_S)
            except TimeoutError:
                raise ChildFailed("States.Timeout", "an Express execution has 5 minutes") from None

        error = await MapRun(state, data, self._bucket, show).run(run)
        if error:
            raise ExecutionFailed(*error)

    async def _child(self, state: dict[str, Any], batch: dict[str, Any]) -> Any:
        _check_size(batch)
        try:
            reply = await self._task(state, batch)
        except ExecutionFailed as error:
            raise ChildFailed(error.error, str(error)) from None
        result = resolve(state["OutputPath"], reply)
        _check_size(result)
        return result

    async def _task(self, state: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """A call of a function, with the tries that the state allows."""
        parameters = fill(state["Parameters"], data)
        event = json.dumps(parameters["Payload"]).encode()
        name = parameters["FunctionName"].partition(":")[0]
        tries = [0] * len(state["Retry"])
        while True:
            error, reply = await self._call(name, event)
            if error is None:
                return {"Payload": reply, "StatusCode": 200}
            cause = str(reply.get("errorMessage", ""))
            index = next((i for i, retry in enumerate(state["Retry"]) if error in retry["ErrorEquals"]), None)
            if index is None or tries[index] >= state["Retry"][index]["MaxAttempts"]:
                raise ExecutionFailed(error, cause)
            await asyncio.sleep(_pause_s(state["Retry"][index], tries[index]))
            tries[index] += 1

    async def _call(self, name: str, event: bytes) -> tuple[str | None, Any]:
        try:
            result = await self._invoke(name, event)
        except Throttled as error:
            return "Lambda.TooManyRequestsException", {"errorMessage": str(error)}
        reply = json.loads(result.payload)
        return (str(reply.get("errorType", "Lambda.Unknown")) if result.error else None), reply


def _choose(state: dict[str, Any], data: dict[str, Any]) -> str:
    for choice in state["Choices"]:
        name = choice["Variable"].removeprefix("$.")
        if choice["IsPresent"] == (name in data):
            return str(choice["Next"])
    return str(state["Default"])


def _pause_s(retry: dict[str, Any], tried: int) -> float:
    longest_s = float(retry["IntervalSeconds"] * retry["BackoffRate"] ** tried)
    return random.uniform(0, longest_s) if retry.get("JitterStrategy") == "FULL" else longest_s


def _check_size(value: Any) -> None:
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > MAX_STATE_BYTES:
        raise ChildFailed("States.DataLimitExceeded", f"{size:,} bytes; a state has {MAX_STATE_BYTES:,}")
