"""Latent consistency models (Luo et al. 2023): every step paints the whole picture, and adds noise again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from inference.engines.diffusion.samplers.sampler import Sampler, Settings
from inference.errors import InvalidField

if TYPE_CHECKING:
    from inference.engines.diffusion.samplers.sampler import Array, Draw

SPREAD = 0.5
"""Standard deviation of the data, as such models are trained."""


class Lcm(Sampler):
    """A few steps out of those that the model was distilled with."""

    def __init__(self, settings: Settings, steps: int) -> None:
        """Raises :class:`InvalidField` for more steps than the model knows."""
        import numpy as np

        self._settings = settings
        most = int(settings["original_inference_steps"])
        if steps > most:
            raise InvalidField("parameters.num_inference_steps", f"must be at most {most} for this model")
        stride = settings.trained // most
        known = (np.arange(most, 0, -1) * stride - 1).astype(np.int64)
        chosen = np.floor(np.linspace(0, most, num=steps, endpoint=False)).astype(np.int64)
        self.timesteps = [float(each) for each in known[chosen]]

    def step(self, index: int, sample: Array, output: Array, draw: Draw) -> Array:
        settings, at = self._settings, self.timesteps[index]
        now = settings.signal[int(at)]
        picture = settings.picture(sample, output, math.sqrt(now), math.sqrt(1 - now))
        if settings["clip_sample"]:
            reach = settings["clip_sample_range"]
            picture = picture.clip(-reach, reach)
        scaled = at * settings["timestep_scaling"]
        total = scaled**2 + SPREAD**2
        denoised: Array = scaled / math.sqrt(total) * picture + SPREAD**2 / total * sample
        if index == len(self.timesteps) - 1:
            return denoised
        then = settings.signal[int(self.timesteps[index + 1])]
        noised: Array = math.sqrt(then) * denoised + math.sqrt(1 - then) * draw()
        return noised
