"""Send requests and check each answer: in a closed loop, or paced by a clock.

Driver and service share two cores, so the driver has to be light. Here aiohttp takes 0.11 ms of CPU a call,
httpx2 0.60 ms. wrk and hey are lighter, but do not check answers. Users of locust wait for an answer before
they send again. A service that stalls then gets fewer requests, and its stall is counted once (coordinated
omission). In ``run_paced``, the time of a call starts when the call is due, even if the driver is late.
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

from bench.load.answers import is_same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.load.mix import LoadRequest

OK = 200
REFUSED = (429, 503)
"""Documented refusals, with ``Retry-After``: no environment is free, or the model is not ready."""
NO_ANSWER = 0
"""In place of a status: the connection was refused or broken, or the call timed out."""
TIMEOUT_S = 60
EXAMPLES = 5


@dataclass
class Calls:
    """The results of the calls of one phase.

    Flat arrays hold them, since garbage collection would show in the times.
    """

    functions: Sequence[str]
    due_s: array[float] = field(default_factory=lambda: array("d"))
    """When each call was due, on the monotonic clock."""
    taken_s: array[float] = field(default_factory=lambda: array("d"))
    function: array[int] = field(default_factory=lambda: array("B"))
    """Indices of ``functions``."""
    status: array[int] = field(default_factory=lambda: array("H"))
    wrong: int = 0
    without_retry_after: int = 0
    """Refusals without ``Retry-After``."""
    examples: list[str] = field(default_factory=list)
    """The first few wrong answers, to help find the cause."""

    def __len__(self) -> int:
        return len(self.status)

    @property
    def statuses(self) -> Counter[int]:
        return Counter(self.status)

    @property
    def unexpected(self) -> int:
        return sum(count for status, count in self.statuses.items() if status not in (OK, *REFUSED))

    @property
    def refused(self) -> int:
        return sum(self.statuses[status] for status in REFUSED)

    def times_s(self, function: str | None = None) -> list[float]:
        """Times of answered calls in ascending order, of one function or of all."""
        wanted = None if function is None else self.functions.index(function)
        found = zip(self.taken_s, self.status, self.function, strict=True)
        return sorted(
            taken for taken, status, index in found if status == OK and (wanted is None or index == wanted)
        )

    def add(
        self, request: LoadRequest, due_s: float, status: int, body: bytes, retry_after: str | None
    ) -> None:
        """Record an answer or a failure."""
        self.taken_s.append(time.monotonic() - due_s)
        self.due_s.append(due_s)
        self.function.append(self.functions.index(request.function))
        self.status.append(status)
        if status == OK:
            if body != request.answer_bytes and not is_same(json.loads(body), request.answer):
                self.wrong += 1
                self._add_example("wrong", request, body)
        elif status not in REFUSED:
            self._add_example(str(status), request, body)
        elif not (retry_after or "").isdecimal():
            self.without_retry_after += 1
            self._add_example(f"{status} without Retry-After", request, body)

    def _add_example(self, what: str, request: LoadRequest, body: bytes) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{request.function} {what}: {body[:200]!r} to {request.body[:200]!r}")


class Driver:
    """A client of the local cloud's functions; ``async with`` opens and closes its connections."""

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

    async def ask(self, request: LoadRequest, timeout_s: float = TIMEOUT_S) -> tuple[int, bytes, str | None]:
        """Send one request; returns status, body and ``Retry-After``."""
        url, timeout = f"{self._url}{request.function}/", aiohttp.ClientTimeout(total=timeout_s)
        try:
            async with self._session.post(url, data=request.body, timeout=timeout) as reply:
                return reply.status, await reply.read(), reply.headers.get("retry-after")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return NO_ANSWER, repr(error).encode(), None

    async def run_closed_loop(self, mix: Iterator[LoadRequest], clients: int, seconds: float) -> Calls:
        """Run ``clients`` clients; each sends its next request when it has its answer."""
        calls = Calls(self._functions)
        end_s = time.monotonic() + seconds

        async def client() -> None:
            while (now_s := time.monotonic()) < end_s:
                await self._call(calls, next(mix), now_s)

        await asyncio.gather(*(client() for _ in range(clients)))
        return calls

    async def run_paced(self, mix: Iterator[LoadRequest], per_s: float, seconds: float) -> Calls:
        """Send ``per_s`` requests a second at even distances, however many answers are still missing."""
        calls = Calls(self._functions)
        going: set[asyncio.Task[None]] = set()
        begin_s = time.monotonic()
        for number in range(int(per_s * seconds)):
            due_s = begin_s + number / per_s
            # Sleep even if late: a driver that has to catch up must still read answers in between.
            await asyncio.sleep(due_s - time.monotonic())
            task = asyncio.create_task(self._call(calls, next(mix), due_s))
            going.add(task)
            task.add_done_callback(going.discard)
        await asyncio.gather(*going)
        return calls

    async def _call(self, calls: Calls, request: LoadRequest, due_s: float) -> None:
        calls.add(request, due_s, *await self.ask(request))
