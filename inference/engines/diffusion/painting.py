"""What every engine of pictures does: plan a call, tell its steps, and remember how fast it was."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from inference.engines.diffusion.pace import Pace
from inference.engines.engine import Engine, RunStep

if TYPE_CHECKING:
    from inference.engines.diffusion.plan import Painter
    from inference.task import Call


class PaintingEngine(Engine):
    """A painter's plans, and the pace of those before."""

    def __init__(self, painter: Painter) -> None:
        self.painter = painter
        self.pace = Pace()

    def estimate_s(self, call: Call) -> float | None:
        """At least how long a call takes here, from earlier ones; ``None`` before the first."""
        plan = self.painter.plan(call.parameters)
        needed_s = self.pace.seconds(plan.pixels, plan.passes)
        return None if needed_s is None else needed_s * len(call.inputs)

    def tell(self, done: int, total: int, started_s: float) -> None:
        """Name a step that is done, and how long the others will take at the same pace."""
        if self.on_step:
            remaining_s = (time.monotonic() - started_s) / done * (total - done)
            self.on_step(RunStep(done, total, remaining_s))
