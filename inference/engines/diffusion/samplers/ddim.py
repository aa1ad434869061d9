"""Denoising diffusion implicit models (Song et al. 2021), without noise between the steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from inference.engines.diffusion.samplers.sampler import Sampler, Settings, spaced

if TYPE_CHECKING:
    from inference.engines.diffusion.samplers.sampler import Array, Draw


class Ddim(Sampler):
    """Each step goes straight to the next noise level."""

    def __init__(self, settings: Settings, steps: int) -> None:
        self.timesteps = [float(round(float(each))) for each in spaced(settings, steps)]
        self._settings = settings
        self._stride = settings.trained // steps

    def step(self, index: int, sample: Array, output: Array, draw: Draw) -> Array:
        settings, at = self._settings, int(self.timesteps[index])
        now, then = settings.signal[at], settings.signal_at(at - self._stride)
        shares = math.sqrt(now), math.sqrt(1 - now)
        picture = settings.picture(sample, output, *shares)
        noise = settings.noise(sample, output, *shares)
        if settings["clip_sample"]:
            reach = settings["clip_sample_range"]
            picture = picture.clip(-reach, reach)
        return math.sqrt(then) * picture + math.sqrt(1 - then) * noise
