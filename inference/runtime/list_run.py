"""A list is run part by part, so that a deadline leaves what was done by then."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Outcome
from inference.errors import DeadlineExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.deadline import Deadline
    from inference.task import Call

FIRST_INPUTS = 4
"""How long an input takes is not known yet, so the first part is short."""
GROWTH = 4
PART_S = 1.0
"""Longer parts gain no speed, and may lose more work to the deadline."""
ROOM_FOR_NEXT = 1.5
"""The next part is begun only if its time, by those before it, fits so often into what is left."""


@dataclass
class ListRun:
    """The parts of one list that are done."""

    call: Call
    deadline: Deadline
    step: int
    """How many inputs the engine runs together."""
    results: list[Any] = field(default_factory=list)
    _truncated: int = 0
    _tokens: int = 0
    _seconds: float = 0.0

    def run(self, answer: Callable[[Call], Outcome]) -> Outcome:
        """One result an input; for who takes a part, ``None`` where the time did not suffice.

        ``answer`` runs a part; it may raise :class:`DeadlineExceeded`, which this does when a list is late.
        """
        total, size = len(self.call.inputs), FIRST_INPUTS if self.step == 1 else self.step
        while len(self.results) < total and self._has_room:
            try:
                self._run_part(answer, size)
            except DeadlineExceeded:
                break
            size = self._next_size(size)
        missing = total - len(self.results)
        if missing and not (self.call.takes_part and self.results):
            raise self._late()
        return Outcome(self.results + [None] * missing, self._truncated, self._tokens)

    @property
    def _pace_s(self) -> float:
        """Seconds an input, so far."""
        return self._seconds / max(1, len(self.results))

    @property
    def _has_room(self) -> bool:
        return self.deadline.remaining_s > self._pace_s * self.step * ROOM_FOR_NEXT

    def _run_part(self, answer: Callable[[Call], Outcome], size: int) -> None:
        first, started_s = len(self.results), time.monotonic()
        part = replace(self.call, inputs=self.call.inputs[first : first + size], first=first)
        outcome = answer(part)
        self._seconds += time.monotonic() - started_s
        self.results += outcome.results
        self._truncated += outcome.truncated
        self._tokens += outcome.tokens

    def _next_size(self, size: int) -> int:
        """What takes a second, and fits into the time that is left; but what runs together stays together."""
        if self.step > 1:
            return self.step
        time_s = min(PART_S, self.deadline.remaining_s / ROOM_FOR_NEXT)
        fitting = time_s / self._pace_s if self._pace_s else size * GROWTH
        return max(1, int(min(size * GROWTH, fitting)))

    def _late(self) -> DeadlineExceeded:
        done, total = len(self.results), len(self.call.inputs)
        if not done:
            return DeadlineExceeded(f"none of {total:,} inputs was answered in time; send fewer at once")
        return DeadlineExceeded(
            f"{done:,} of {total:,} inputs were answered in time; send {done:,} at once, "
            "or set parameters.partial to true and get those that are done"
        )
