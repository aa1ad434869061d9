"""Pseudo linear multistep (Liu et al. 2022, "PNDM"), without its Runge-Kutta start."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from inference.engines.diffusion.samplers.sampler import Sampler, Settings, spaced
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from inference.engines.diffusion.samplers.sampler import Array, Draw

KEPT = 4
"""Predictions that a step is made of."""
ADAMS_BASHFORTH = {
    1: (1.0,),
    2: (3 / 2, -1 / 2),
    3: (23 / 12, -16 / 12, 5 / 12),
    4: (55 / 24, -59 / 24, 37 / 24, -9 / 24),
}
"""Predictions that there are -> their shares, the latest first."""


class Pndm(Sampler):
    """The second step is done twice: the first has no prediction before it."""

    def __init__(self, settings: Settings, steps: int) -> None:
        times = [round(float(each)) for each in spaced(settings, steps)]
        self.timesteps = [float(each) for each in (*times[:2], *times[1:])]
        self._settings = settings
        self._stride = settings.trained // steps
        self._outputs: list[Array] = []
        self._first: Array | None = None

    @classmethod
    def check(cls, settings: Settings) -> None:
        super().check(settings)
        if not settings["skip_prk_steps"]:
            raise Unsupported("its scheduler starts by Runge and Kutta, which is not known")

    def step(self, index: int, sample: Array, output: Array, draw: Draw) -> Array:
        at = int(self.timesteps[index])
        before = at - self._stride
        if index == 1:
            before, at = at, at + self._stride
        else:
            self._outputs = [*self._outputs, output][-KEPT:]
        if index == 1 and self._first is not None:
            output, sample = (output + self._outputs[-1]) / 2, self._first
        elif index > 1:
            output = _combined(self._outputs)
        else:
            self._first = sample
        return self._moved(sample, at, before, output)

    def _moved(self, sample: Array, at: int, to: int, output: Array) -> Array:
        """Equation 9 of the paper, from one step of the training to an earlier one."""
        now, then = self._settings.signal[at], self._settings.signal_at(to)
        output = self._settings.noise(sample, output, math.sqrt(now), math.sqrt(1 - now))
        divisor = now * math.sqrt(1 - then) + math.sqrt(now * (1 - now) * then)
        return math.sqrt(then / now) * sample - (then - now) / divisor * output


def _combined(outputs: list[Array]) -> Array:
    """What the last predictions say together."""
    shares = ADAMS_BASHFORTH[len(outputs)]
    parts = [share * output for share, output in zip(shares, reversed(outputs), strict=True)]
    total: Array = sum(parts[1:], parts[0])
    return total
