"""Waiting for a model to be loaded, and telling a load that is stuck from one that is slow."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future
    from typing import Any

T = TypeVar("T")

ENOUGH_TO_TELL_S = 3.0
"""After a shorter wait nothing is said of a load: it may just be between two reads."""
IDLE_CPU_S = 0.005
"""A process that only waits uses less (measured: 0.1 ms, at times 2); reading, 0.2 to 1 ms a megabyte."""
LONGEST_S = 900.0
"""As long as the longest call: a load that took it and still goes on will not end."""


class LoadWatch:
    """Waits for one load after the other; a load may outlast a request and go on for the next.

    What is seen is how much processor time this process used meanwhile, all of its threads together: a slow
    load reads and copies, one that hangs in a read or for a lock uses none. A wrong verdict is cheap: a load
    that is taken for stuck is begun again.
    """

    def __init__(self) -> None:
        self._awaited: Future[Any] | None = None
        self._waited_s = 0.0
        self._is_idle = False

    @property
    def is_stuck(self) -> bool:
        """Whether the load that the last wait was for neither ended nor moves."""
        is_over = self._awaited is None or self._awaited.done()
        return not is_over and (self._is_idle or self._waited_s >= LONGEST_S)

    def result(self, load: Future[T], timeout_s: float) -> T:
        """The load's result, or its error; ``TimeoutError`` of ``concurrent.futures`` when neither came."""
        if load is not self._awaited:
            self._awaited, self._waited_s, self._is_idle = load, 0.0, False
        started_s, used_s = time.monotonic(), time.process_time()
        try:
            return load.result(timeout=timeout_s)
        except FutureTimeout:
            waited_s = time.monotonic() - started_s
            self._waited_s += waited_s
            if waited_s >= ENOUGH_TO_TELL_S:
                self._is_idle = time.process_time() - used_s < IDLE_CPU_S
            raise
