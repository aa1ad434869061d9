"""Sends requests and checks each answer: in a closed loop, or at moments that a schedule sets.

The service shares two cores with whoever drives it, so the driver has to be light: aiohttp takes 0.11 ms of
CPU a call here, httpx2 0.60 ms, and at ten times the load that decides who is measured. wrk and hey are
lighter still, but do not look at answers; locust's users wait for an answer before they send again, so that a
service that stalls is asked less just then, and its stall is counted once (coordinated omission). Here, in
``paced``, a call's time runs from the moment at which it was due, whoever was not ready for it.
"""

from __future__ import annotations

import asyncio
import json
import time
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp

from bench.answers import same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.load_mix import Request

OK = 200
REFUSED = (429, 503)
"""Documented, with ``Retry-After``: no environment is free, or the model is not ready."""
NO_ANSWER = 0
"""In place of a status: the connection was refused or broken, or nothing came in time."""
TIMEOUT_S = 60
SHOWN = 5


@dataclass
class Calls:
    """What came of the calls of one phase; flat arrays, for a garbage collection would show in the times."""

    functions: Sequence[str]
    due_s: array[float] = field(default_factory=lambda: array("d"))
    """On the monotonic clock."""
    took_s: array[float] = field(default_factory=lambda: array("d"))
    function: array[int] = field(default_factory=lambda: array("B"))
    """Indices of ``functions``."""
    status: array[int] = field(default_factory=lambda: array("H"))
    wrong: int = 0
    unexplained: int = 0
    """Refusals without ``Retry-After``."""
    shown: list[str] = field(default_factory=list)
    """The first few of what went wrong, for whoever has to find out why."""

    def __len__(self) -> int:
        return len(self.status)

    @property
    def statuses(self) -> Counter[int]:
        return Counter(self.status)

    @property
    def undocumented(self) -> int:
        return sum(count for status, count in self.statuses.items() if status not in (OK, *REFUSED))

    @property
    def refused(self) -> int:
        return sum(self.statuses[status] for status in REFUSED)

    def times_s(self, function: str | None = None) -> list[float]:
        """Of answered calls, in ascending order; of one function or of all."""
        wanted = None if function is None else self.functions.index(function)
        found = zip(self.took_s, self.status, self.function, strict=True)
        return sorted(
            took for took, status, index in found if status == OK and (wanted is None or index == wanted)
        )

    def add(self, request: Request, due_s: float, status: int, body: bytes, retry_after: str | None) -> None:
        """Record an answer, or what came instead of one."""
        self.took_s.append(time.monotonic() - due_s)
        self.due_s.append(due_s)
        self.function.append(self.functions.index(request.function))
        self.status.append(status)
        if status == OK:
            if body != request.answer_bytes and not same(json.loads(body), request.answer):
                self.wrong += 1
                self._show("wrong", request, body)
        elif status not in REFUSED:
            self._show(str(status), request, body)
        elif not (retry_after or "").isdecimal():
            self.unexplained += 1
            self._show(f"{status} without Retry-After", request, body)

    def _show(self, what: str, request: Request, body: bytes) -> None:
        if len(self.shown) < SHOWN:
            self.shown.append(f"{request.function} {what}: {body[:200]!r} to {request.body[:200]!r}")


class Driver:
    """Calls the functions of a local cloud; ``async with`` opens and closes its connections."""

    def __init__(self, url: str, functions: Sequence[str]) -> None:
        self._url = url
        self._functions = functions
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Driver:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={"content-type": "application/json"},
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, request: Request, timeout_s: float = TIMEOUT_S) -> tuple[int, bytes, str | None]:
        """Status, body, ``Retry-After``."""
        url, timeout = f"{self._url}{request.function}/", aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._session.post(url, data=request.body, timeout=timeout) as reply:
                return reply.status, await reply.read(), reply.headers.get("retry-after")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return NO_ANSWER, repr(error).encode(), None

    async def closed(self, mix: Iterator[Request], clients: int, seconds: float) -> Calls:
        """So many clients, each sending its next request when it has its answer."""
        calls = Calls(self._functions)
        end_s = time.monotonic() + seconds

        async def client() -> None:
            while (now_s := time.monotonic()) < end_s:
                await self._call(calls, next(mix), now_s)

        await asyncio.gather(*(client() for _ in range(clients)))
        return calls

    async def paced(self, mix: Iterator[Request], per_s: float, seconds: float) -> Calls:
        """A request at each tick of an even clock, however many answers are still to come."""
        calls = Calls(self._functions)
        going: set[asyncio.Task[None]] = set()
        begin_s = time.monotonic()
        for number in range(int(per_s * seconds)):
            due_s = begin_s + number / per_s
            # Also when it is late, so that a sender that has to catch up lets answers be read in between.
            await asyncio.sleep(due_s - time.monotonic())
            task = asyncio.create_task(self._call(calls, next(mix), due_s))
            going.add(task)
            task.add_done_callback(going.discard)
        await asyncio.gather(*going)
        return calls

    async def _call(self, calls: Calls, request: Request, due_s: float) -> None:
        calls.add(request, due_s, *await self.ask(request))
