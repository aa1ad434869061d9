"""What every sampler offers, and the steps that they share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    """Latents in fp32, of shape (1, channels, height, width)."""
    Draw = Callable[[], Array]

EPSILON, VELOCITY = "epsilon", "v_prediction"
NOT_DONE = ("thresholding", "use_beta_sigmas", "use_exponential_sigmas", "use_flow_sigmas", "use_lu_lambdas")
"""Settings that no sampler here knows."""


@dataclass(frozen=True)
class Settings:
    """A scheduler of diffusers as its repository sets it up."""

    config: Mapping[str, Any]
    """All of its settings, defaults included."""
    signal: tuple[float, ...]
    """``alphas_cumprod``: the share of the picture that is left at each step of the training."""

    def __getitem__(self, name: str) -> Any:
        return self.config.get(name)

    @property
    def trained(self) -> int:
        """Steps of the training."""
        return len(self.signal)

    @cached_property
    def sigmas(self) -> list[float]:
        """Noise in proportion to the picture, at each step of the training."""
        return [math.sqrt((1 - signal) / signal) for signal in self.signal]

    @property
    def last_sigma(self) -> float:
        """That of the finished picture."""
        return self.sigmas[0] if self["final_sigmas_type"] == "sigma_min" else 0.0

    def sigmas_at(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Those of times between steps of the training too."""
        import numpy as np

        return np.asarray(np.interp(times, np.arange(self.trained), self.sigmas))

    def signal_at(self, at: int) -> float:
        """The share of the picture; before the training's first step that of a finished one."""
        return self.signal[at] if at >= 0 else 1.0 if self["set_alpha_to_one"] else self.signal[0]

    def picture(self, sample: Array, output: Array, alpha: float, sigma: float) -> Array:
        """What of the latents is picture, by the network's word; their shares are known."""
        if self["prediction_type"] == VELOCITY:
            return alpha * sample - sigma * output
        return (sample - sigma * output) / alpha

    def noise(self, sample: Array, output: Array, alpha: float, sigma: float) -> Array:
        """What of them is noise."""
        if self["prediction_type"] == VELOCITY:
            return alpha * output + sigma * sample
        return output


class Sampler(ABC):
    """One picture's way: made for a number of steps, then asked for each in turn."""

    PREDICTIONS: ClassVar[tuple[str, ...]] = (EPSILON, VELOCITY)
    timesteps: list[float]
    """What the network is told in each step."""
    initial_scale = 1.0
    """The noise that a picture starts from, times this."""

    @abstractmethod
    def __init__(self, settings: Settings, steps: int) -> None: ...

    @classmethod
    def check(cls, settings: Settings) -> None:
        """Raises :class:`Unsupported` for settings that are not known."""
        if any(settings[name] for name in NOT_DONE):
            raise Unsupported("its scheduler has a setting that is not known")
        if settings["prediction_type"] not in cls.PREDICTIONS:
            raise Unsupported(f"its network predicts {settings['prediction_type']}, which is not known")

    def scaled(self, index: int, sample: Array) -> Array:
        """The latents as the network reads them."""
        return sample

    @abstractmethod
    def step(self, index: int, sample: Array, output: Array, draw: Draw) -> Array:
        """The latents after a step; ``draw`` gives new noise of their shape."""


def spaced(settings: Settings, steps: int) -> NDArray[np.float64]:
    """Steps of the training, from the noisiest down; not rounded where they are spread evenly."""
    import numpy as np

    trained = settings.trained
    spacing = settings["timestep_spacing"]
    if spacing == "linspace":
        return np.linspace(0, trained - 1, steps, dtype=np.float64)[::-1]
    if spacing == "leading":
        return np.asarray(np.arange(steps)[::-1] * (trained // steps) + float(settings["steps_offset"] or 0))
    if spacing == "trailing":
        return np.asarray(np.arange(trained, 0, -trained / steps).round() - 1.0)
    raise Unsupported(f"its scheduler spaces steps in a way that is not known: {spacing}")


def karras(largest: float, smallest: float, steps: int) -> NDArray[np.float64]:
    """Noise levels that fall fast first and slowly later (Karras et al. 2022, equation 5)."""
    import numpy as np

    rho = 7.0
    ends = largest ** (1 / rho), smallest ** (1 / rho)
    return np.asarray((ends[0] + np.linspace(0, 1, steps) * (ends[1] - ends[0])) ** rho)


def step_of(sigma: NDArray[np.float64], settings: Settings) -> NDArray[np.float64]:
    """Where in the training such noise was met, between steps where it was between them."""
    import numpy as np

    return np.asarray(np.interp(np.log(sigma), np.log(settings.sigmas), np.arange(settings.trained)))
