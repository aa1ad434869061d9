"""From noise to a picture, step by step: the samplers that models name, by their class in diffusers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.engines.diffusion.samplers.consistency import Lcm
from inference.engines.diffusion.samplers.ddim import Ddim
from inference.engines.diffusion.samplers.dpm_solver import DpmSolver
from inference.engines.diffusion.samplers.euler import AncestralEuler, Euler
from inference.engines.diffusion.samplers.pndm import Pndm
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from inference.engines.diffusion.samplers.sampler import Sampler, Settings

SAMPLERS: dict[str, type[Sampler]] = {
    "DDIMScheduler": Ddim,
    "DPMSolverMultistepScheduler": DpmSolver,
    "EulerAncestralDiscreteScheduler": AncestralEuler,
    "EulerDiscreteScheduler": Euler,
    "LCMScheduler": Lcm,
    "PNDMScheduler": Pndm,
}


def sampler_class(name: str, settings: Settings) -> type[Sampler]:
    """Raises :class:`Unsupported` for a class, or a setting of it, that is not known."""
    found = SAMPLERS.get(name)
    if found is None:
        raise Unsupported(f"no sampler here does what its {name} does")
    found.check(settings)
    return found
