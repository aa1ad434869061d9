"""Euler's steps down the noise levels (Karras et al. 2022), plain and with new noise in each step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from inference.engines.diffusion.samplers.sampler import (
    VELOCITY,
    Sampler,
    Settings,
    karras,
    spaced,
    step_of,
)
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from inference.engines.diffusion.samplers.sampler import Array, Draw


class Euler(Sampler):
    """Follows the slope that the network gives."""

    KNOWS_KARRAS: ClassVar[bool] = True

    def __init__(self, settings: Settings, steps: int) -> None:
        self._settings = settings
        times = spaced(settings, steps)
        sigmas = settings.sigmas_at(times)
        if self.KNOWS_KARRAS and settings["use_karras_sigmas"]:
            largest, smallest = settings["sigma_max"], settings["sigma_min"]
            sigmas = karras(largest or float(sigmas[0]), smallest or float(sigmas[-1]), len(sigmas))
            times = step_of(sigmas, settings)
        self.timesteps = [float(each) for each in times]
        self._sigmas = [*(float(each) for each in sigmas), settings.last_sigma]
        largest = max(self._sigmas)
        is_whole = settings["timestep_spacing"] in ("linspace", "trailing")
        self.initial_scale = largest if is_whole else math.sqrt(largest**2 + 1)

    @classmethod
    def check(cls, settings: Settings) -> None:
        super().check(settings)
        if (
            settings["interpolation_type"] not in (None, "linear")
            or settings["timestep_type"] == "continuous"
        ):
            raise Unsupported("its scheduler has a setting that is not known")

    def scaled(self, index: int, sample: Array) -> Array:
        return sample / math.sqrt(self._sigmas[index] ** 2 + 1)

    def step(self, index: int, sample: Array, output: Array, draw: Draw) -> Array:
        sigma, to = self._sigmas[index], self._sigmas[index + 1]
        return sample + (to - sigma) * self._slope(sample, output, sigma)

    def _slope(self, sample: Array, output: Array, sigma: float) -> Array:
        if self._settings["prediction_type"] != VELOCITY:
            return output
        picture = -sigma / math.sqrt(sigma**2 + 1) * output + sample / (sigma**2 + 1)
        return (sample - picture) / sigma


class AncestralEuler(Euler):
    """Goes further down than it should, and adds as much noise again."""

    KNOWS_KARRAS = False

    def step(self, index: int, sample: Array, output: Array, draw: Draw) -> Array:
        sigma, to = self._sigmas[index], self._sigmas[index + 1]
        up = math.sqrt(to**2 * (sigma**2 - to**2) / sigma**2)
        down = math.sqrt(to**2 - up**2)
        return sample + (down - sigma) * self._slope(sample, output, sigma) + up * draw()
