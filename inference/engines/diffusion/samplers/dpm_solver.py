"""DPM-Solver++ (Lu et al. 2022): multistep of first and second order, with and without new noise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from inference.engines.diffusion.samplers.sampler import (
    Sampler,
    Settings,
    karras,
    spaced,
    step_of,
)
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.diffusion.samplers.sampler import Array, Draw

STOCHASTIC = "sde-dpmsolver++"
ALGORITHMS = ("dpmsolver++", STOCHASTIC)
SOLVERS = ("midpoint", "heun")
FEW = 15
"""Steps below which the last one is of first order."""


class DpmSolver(Sampler):
    """Solves for the picture, by the last prediction and the one before it."""

    def __init__(self, settings: Settings, steps: int) -> None:
        self._settings = settings
        times = _times(settings, steps)
        sigmas = settings.sigmas_at(times)
        if settings["use_karras_sigmas"]:
            largest, smallest = settings["sigma_max"], settings["sigma_min"]
            sigmas = karras(largest or settings.sigmas[-1], smallest or settings.sigmas[0], steps)
            times = step_of(sigmas, settings)
            if settings["beta_schedule"] != "squaredcos_cap_v2":
                times = times.round()
        self.timesteps = [float(int(each)) for each in times]
        self._sigmas = [*(float(each) for each in sigmas), settings.last_sigma]
        self._before: Array | None = None

    @classmethod
    def check(cls, settings: Settings) -> None:
        super().check(settings)
        algorithm = settings["algorithm_type"] in ALGORITHMS and settings["solver_type"] in SOLVERS
        clipped = settings["lambda_min_clipped"]
        is_clipped = clipped is not None and math.isfinite(float(clipped))
        if not algorithm or settings["solver_order"] not in (1, 2) or settings["variance_type"] or is_clipped:
            raise Unsupported("its scheduler has a setting that is not known")

    def step(self, index: int, sample: Array, output: Array, draw: Draw) -> Array:
        settings, count = self._settings, len(self.timesteps)
        picture = settings.picture(sample, output, *_levels(self._sigmas[index]))
        before, self._before = self._before, picture
        noise = draw() if settings["algorithm_type"] == STOCHASTIC else None
        is_plain_end = (
            settings["euler_at_final"]
            or (settings["lower_order_final"] and count < FEW)
            or settings["final_sigmas_type"] == "zero"
        )
        if settings["solver_order"] == 1 or before is None or (index == count - 1 and is_plain_end):
            return self._moved(index, sample, picture, None, noise)
        return self._moved(index, sample, picture, before, noise)

    def _moved(
        self, index: int, sample: Array, picture: Array, before: Array | None, noise: Array | None
    ) -> Array:
        """To the next noise level; of second order with the prediction ``before``."""
        (alpha, sigma), (_, from_sigma) = _levels(self._sigmas[index + 1]), _levels(self._sigmas[index])
        h = self._log_ratio(index, index + 1)
        decay = math.exp(-h)
        if noise is None:
            moved = sigma / from_sigma * sample - alpha * (decay - 1) * picture
            midpoint, heun = -0.5 * alpha * (decay - 1), alpha * ((decay - 1) / h + 1)
        else:
            twice = decay**2
            moved = sigma / from_sigma * decay * sample + alpha * (1 - twice) * picture
            moved = moved + sigma * math.sqrt(1 - twice) * noise
            midpoint, heun = 0.5 * alpha * (1 - twice), alpha * ((1 - twice) / (-2 * h) + 1)
        if before is None:
            return moved
        change = h / self._log_ratio(index - 1, index) * (picture - before)
        return moved + (midpoint if self._settings["solver_type"] == "midpoint" else heun) * change

    def _log_ratio(self, index: int, to: int) -> float:
        """How much further the logarithm of signal to noise is; without end where no noise is left."""
        if self._sigmas[to] == 0:
            return math.inf
        return math.log(self._sigmas[index] / self._sigmas[to])


def _times(settings: Settings, steps: int) -> NDArray[np.float64]:
    """As :func:`spaced`, but one more is laid out, and the last one left out."""
    import numpy as np

    if settings["timestep_spacing"] == "linspace":
        return np.asarray(np.linspace(0, settings.trained - 1, steps + 1).round()[::-1][:-1], np.float64)
    if settings["timestep_spacing"] == "leading":
        every = np.arange(steps + 1) * (settings.trained // (steps + 1))
        return np.asarray(every[::-1][:-1] + float(settings["steps_offset"] or 0), np.float64)
    return spaced(settings, steps)


def _levels(sigma: float) -> tuple[float, float]:
    """Shares of picture and noise."""
    alpha = 1 / math.sqrt(sigma**2 + 1)
    return alpha, sigma * alpha
