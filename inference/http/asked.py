"""What a route of another server's API comes to: a call of the engine, and how its outcome is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.http import response

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.engines.engine import Outcome, ResultSize
    from inference.http.response import Answer
    from inference.task import Call, Model


@dataclass(frozen=True)
class Asked:
    """A checked request."""

    model: Model
    call: Call
    present: Callable[[Outcome, str], Answer]
    """The outcome and the request's id -> the answer."""
    own_check: Callable[[ResultSize], None] | None = None
    """Where answers are written in another way than as JSON numbers."""

    def check_size(self, size: ResultSize) -> None:
        """Refuse, before the work, a list whose answers would not fit."""
        if self.own_check:
            self.own_check(size)
        else:
            response.check_size(size, len(self.call.inputs))
