"""Stable Diffusion on torch: pictures from words, in fp32, exactly as diffusers' own pipeline paints them."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Engine, Outcome, RunStep
from inference.engines.torch.pace import Pace
from inference.errors import InvalidField
from inference.hub import diffusers_index

if TYPE_CHECKING:
    from PIL.Image import Image

    from inference.cache.artifact import Artifact
    from inference.task import Call

MAX_PIXELS = 768 * 768


@dataclass(frozen=True)
class Defaults:
    """What a model wants where the caller does not say."""

    num_inference_steps: int
    guidance_scale: float


USUAL = Defaults(num_inference_steps=50, guidance_scale=7.5)
"""What diffusers' pipeline takes."""
TURBO = Defaults(num_inference_steps=1, guidance_scale=0.0)
"""Models distilled to one step say so in their name only: ``sd-turbo``, and what was made from it."""


@dataclass(frozen=True)
class PicturePlan:
    """One call's picture, every choice made."""

    height: int
    width: int
    steps: int
    guidance: float
    negative_prompt: str | None

    @property
    def pixels(self) -> int:
        return self.height * self.width

    @property
    def passes(self) -> int:
        """How many pictures the network works on in all; guidance needs each step twice."""
        return self.steps * (2 if self.guidance > 1 else 1)


class DiffusersEngine(Engine):
    """A pipeline, and how fast it was."""

    def __init__(self, pipeline: Any, defaults: Defaults) -> None:
        self._pipeline = pipeline
        self._defaults = defaults
        self._pace = Pace()

    def run(self, call: Call) -> Outcome:
        """For each prompt one RGB picture; with a seed the same one every time."""
        plan = self._plan(call.parameters)
        seed = call.parameters.get("seed")
        return Outcome([self._paint(prompt, plan, seed) for prompt in call.inputs])

    def estimate_s(self, call: Call) -> float | None:
        """At least how long a call takes here, from earlier ones; ``None`` before the first."""
        plan = self._plan(call.parameters)
        needed_s = self._pace.seconds(plan.pixels, plan.passes)
        return None if needed_s is None else needed_s * len(call.inputs)

    def _plan(self, given: dict[str, Any]) -> PicturePlan:
        """The model's own size and the defaults where the caller says nothing."""
        scale = self._pipeline.vae_scale_factor
        side = self._pipeline.unet.config.sample_size * scale
        sizes = {name: given.get(name) or side for name in ("height", "width")}
        for name, value in sizes.items():
            if value % scale:
                raise InvalidField(f"parameters.{name}", f"must be a multiple of {scale}")
        if sizes["height"] * sizes["width"] > MAX_PIXELS:
            raise InvalidField("parameters.height", f"times width must be at most {MAX_PIXELS:,} pixels")
        guidance = given.get("guidance_scale")
        return PicturePlan(
            **sizes,
            steps=given.get("num_inference_steps") or self._defaults.num_inference_steps,
            guidance=self._defaults.guidance_scale if guidance is None else guidance,
            negative_prompt=given.get("negative_prompt"),
        )

    def _paint(self, prompt: str, plan: PicturePlan, seed: int | None) -> Image:
        import torch

        generator = torch.Generator("cpu").manual_seed(secrets.randbits(32) if seed is None else seed)
        started_s = time.monotonic()
        ends_s = [started_s]

        def follow(pipeline: Any, step: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            ends_s.append(time.monotonic())
            total = int(pipeline.num_timesteps)
            remaining_s = (ends_s[-1] - started_s) / (step + 1) * (total - step - 1)
            if self.on_step:
                self.on_step(RunStep(step + 1, total, remaining_s))
            return tensors

        picture: Image = self._pipeline(
            prompt,
            height=plan.height,
            width=plan.width,
            num_inference_steps=plan.steps,
            guidance_scale=plan.guidance,
            negative_prompt=plan.negative_prompt,
            generator=generator,
            callback_on_step_end=follow,
        ).images[0]
        stepping_s = ends_s[-1] - started_s
        self._pace.note(plan.pixels, plan.passes, stepping_s, time.monotonic() - ends_s[-1])
        return picture.convert("RGB")


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> DiffusersEngine:
    """Read the pipeline's known parts from real files: safetensors, fp32, no code, never the network."""
    import diffusers
    import torch
    from diffusers.utils import logging

    diffusers_index.check((artifact.folder / diffusers_index.INDEX).read_text(encoding="utf-8"))
    logging.disable_progress_bar()
    torch.set_num_threads(threads)
    pipeline_class: Any = diffusers.StableDiffusionPipeline
    pipeline = pipeline_class.from_pretrained(
        str(artifact.folder),
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        low_cpu_mem_usage=False,  # needs one more library, and saves nothing where weights are mapped
        **dict.fromkeys(diffusers_index.LEFT_OUT),
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return DiffusersEngine(pipeline, TURBO if re.search(r"\bturbo\b", artifact.manifest.model) else USUAL)
