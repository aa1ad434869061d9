"""Denoising diffusion implicit models (Song et al. 2021), without noise between the steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from inference.engines.diffusion.samplers.sampler import VELOCITY, Sampler, Settings, spaced

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
        before = at - self._stride
        last = 1.0 if settings["set_alpha_to_one"] else settings.signal[0]
        now, then = settings.signal[at], settings.signal[before] if before >= 0 else last
        picture, noise = _parts(settings, sample, output, now)
        if settings["clip_sample"]:
            reach = settings["clip_sample_range"]
            picture = picture.clip(-reach, reach)
        return math.sqrt(then) * picture + math.sqrt(1 - then) * noise


def _parts(settings: Settings, sample: Array, output: Array, signal: float) -> tuple[Array, Array]:
    """What of the latents is picture, and what is noise, by the network's word."""
    if settings["prediction_type"] == VELOCITY:
        picture = math.sqrt(signal) * sample - math.sqrt(1 - signal) * output
        return picture, math.sqrt(signal) * output + math.sqrt(1 - signal) * sample
    return (sample - math.sqrt(1 - signal) * output) / math.sqrt(signal), output
