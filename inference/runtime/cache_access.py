"""The model cache is asked on a thread of its own: a mount that hangs must not hold back a reply."""

from __future__ import annotations

from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any, TypeVar

from inference.errors import ModelNotReady
from inference.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from inference.deadline import Deadline

T = TypeVar("T")

GRACE_S = 0.2
"""Who waits for a model ends by the same deadline, and must have the first word on why."""
RETRY_AFTER_S = 5.0


class CacheAccess:
    """One question after the other; NFS answers none while its server is away, and none can be taken back."""

    def __init__(self) -> None:
        self._worker = Worker("cache")
        self._late: Future[Any] | None = None

    @property
    def is_stuck(self) -> bool:
        """Whether the last question that had no answer in time still has none."""
        return self._late is not None and not self._late.done()

    def ask(self, question: Callable[[], T], deadline: Deadline) -> T:
        """The answer, or what the question raised; :class:`ModelNotReady` when neither came in time."""
        asked = self._worker.submit(question)
        try:
            return asked.result(timeout=deadline.remaining_s + GRACE_S)
        except FutureTimeout:
            if asked.done():  # the question's own, such as ETIMEDOUT
                raise
            if not asked.cancel():
                self._late = asked
            told = "the model cache does not answer; try again"
            raise ModelNotReady(told, retry_after_s=RETRY_AFTER_S) from None
