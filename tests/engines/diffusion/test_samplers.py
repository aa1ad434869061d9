"""Samplers in numpy, step by step against the schedulers of diffusers, with torch's own noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inference.engines.diffusion.noise import Noise
from inference.engines.diffusion.samplers import SAMPLERS, sampler_class
from inference.engines.diffusion.samplers.sampler import Settings
from inference.engines.engine import Unsupported
from inference.errors import InvalidField

pytestmark = pytest.mark.filterwarnings("default")

SHAPE = (1, 4, 9, 7)
STABLE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
PLMS = STABLE | {"skip_prk_steps": True, "steps_offset": 1}
V = {"prediction_type": "v_prediction"}
CASES: list[tuple[str, dict[str, Any], int]] = [
    *(("PNDMScheduler", PLMS, steps) for steps in (1, 2, 3, 7, 50)),
    ("PNDMScheduler", PLMS | V | {"set_alpha_to_one": True}, 6),
    ("DDIMScheduler", STABLE | {"clip_sample": False, "steps_offset": 1, "set_alpha_to_one": False}, 20),
    ("DDIMScheduler", STABLE | V | {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True}, 4),
    ("EulerDiscreteScheduler", STABLE | {"timestep_spacing": "trailing", "steps_offset": 1}, 1),
    ("EulerDiscreteScheduler", STABLE | V, 7),
    ("EulerDiscreteScheduler", STABLE | {"use_karras_sigmas": True}, 8),
    ("EulerDiscreteScheduler", STABLE | {"timestep_spacing": "leading", "steps_offset": 1}, 5),
    ("EulerAncestralDiscreteScheduler", STABLE, 6),
    ("EulerAncestralDiscreteScheduler", STABLE | V | {"timestep_spacing": "trailing"}, 3),
    ("DPMSolverMultistepScheduler", STABLE | {"steps_offset": 1}, 10),
    ("DPMSolverMultistepScheduler", STABLE | V | {"timestep_spacing": "trailing"}, 20),
    ("DPMSolverMultistepScheduler", STABLE | {"timestep_spacing": "leading", "solver_type": "heun"}, 5),
    ("DPMSolverMultistepScheduler", STABLE | {"use_karras_sigmas": True}, 12),
    ("DPMSolverMultistepScheduler", STABLE | {"algorithm_type": "sde-dpmsolver++"}, 6),
    ("DPMSolverMultistepScheduler", STABLE | {"solver_order": 1, "final_sigmas_type": "sigma_min"}, 6),
    *(("LCMScheduler", STABLE, steps) for steps in (1, 4, 8)),
    ("LCMScheduler", STABLE | V | {"clip_sample": True}, 4),
]


def scheduler_of(name: str, config: dict[str, Any]) -> Any:
    import diffusers

    return getattr(diffusers, name)(**config)


def settings_of(scheduler: Any) -> Settings:
    return Settings(dict(scheduler.config), tuple(scheduler.alphas_cumprod.tolist()))


def imagined(sample: np.ndarray, index: int) -> np.ndarray:
    """What a network might say: it depends on the latents and on the step."""
    return np.asarray(np.tanh(sample) + 0.1 * np.cos(index + 3 * sample), np.float32)


@pytest.mark.parametrize(("name", "config", "steps"), CASES)
def test_every_step_is_the_one_that_diffusers_takes(name: str, config: dict[str, Any], steps: int) -> None:
    import torch

    scheduler = scheduler_of(name, config)
    sampler = sampler_class(name, settings_of(scheduler))(settings_of(scheduler), steps)
    scheduler.set_timesteps(steps)
    assert sampler.timesteps == pytest.approx(scheduler.timesteps.tolist(), abs=2e-3)
    assert sampler.initial_scale == pytest.approx(float(scheduler.init_noise_sigma), rel=1e-5)
    theirs, noise = torch.Generator("cpu").manual_seed(5), Noise(5)
    expected = torch.randn(SHAPE, generator=theirs) * scheduler.init_noise_sigma
    found = noise.normal(SHAPE) * np.float32(sampler.initial_scale)
    takes_noise = "generator" in scheduler.step.__code__.co_varnames
    options = {"generator": theirs} if takes_noise else {}
    for index, timestep in enumerate(scheduler.timesteps):
        scaled = sampler.scaled(index, found)
        assert np.allclose(
            scaled, scheduler.scale_model_input(expected, timestep).numpy(), rtol=2e-4, atol=2e-4
        )
        output = imagined(scaled, index)
        expected = scheduler.step(torch.from_numpy(output), timestep, expected, **options).prev_sample
        found = np.asarray(sampler.step(index, found, output, lambda: noise.normal(SHAPE)), np.float32)
        assert np.allclose(found, expected.numpy(), rtol=2e-4, atol=2e-4), index


def test_every_sampler_has_a_case() -> None:
    assert {name for name, _, _ in CASES} == SAMPLERS.keys()


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("PNDMScheduler", STABLE),
        ("DDIMScheduler", STABLE | {"thresholding": True}),
        ("DDIMScheduler", STABLE | {"prediction_type": "sample"}),
        ("EulerDiscreteScheduler", STABLE | {"use_exponential_sigmas": True}),
        ("EulerDiscreteScheduler", STABLE | {"interpolation_type": "log_linear"}),
        ("DPMSolverMultistepScheduler", STABLE | {"solver_order": 3}),
        ("DPMSolverMultistepScheduler", STABLE | {"lambda_min_clipped": -5.1}),
        ("HeunDiscreteScheduler", STABLE),
    ],
)
def test_a_setting_that_is_not_known_is_said(name: str, config: dict[str, Any]) -> None:
    with pytest.raises(Unsupported):
        sampler_class(name, settings_of(scheduler_of(name, config)))


def test_a_consistency_model_takes_no_more_steps_than_it_learned() -> None:
    settings = settings_of(scheduler_of("LCMScheduler", STABLE))
    with pytest.raises(InvalidField, match="at most 50"):
        sampler_class("LCMScheduler", settings)(settings, 51)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
@pytest.mark.parametrize("shape", [(16,), (1, 4, 8, 8), (1, 4, 9, 9), (3, 31)])
def test_a_seed_gives_torchs_own_noise(seed: int, shape: tuple[int, ...]) -> None:
    import torch

    generator, noise = torch.Generator("cpu").manual_seed(seed), Noise(seed)
    for _ in range(2):
        expected = torch.randn(shape, generator=generator).numpy()
        assert np.allclose(noise.normal(shape), expected, rtol=1e-5, atol=1e-6)
