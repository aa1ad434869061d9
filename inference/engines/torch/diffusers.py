"""Stable Diffusion on torch: pictures from words, in fp32, exactly as diffusers' own pipeline paints them."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from inference.engines.diffusion.pace import Pace
from inference.engines.diffusion.plan import Painter, defaults_of
from inference.engines.engine import Engine, Outcome, RunStep
from inference.hub import diffusers_index

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from inference.cache.artifact import Artifact
    from inference.engines.diffusion.plan import Defaults, PicturePlan
    from inference.task import Call


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
        scale, config = self._pipeline.vae_scale_factor, self._pipeline.unet.config
        knows_guidance = config.time_cond_proj_dim is not None
        return Painter(config.sample_size * scale, scale, self._defaults, knows_guidance).plan(given)

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
    """The pipeline of an artifact whose files are as they came."""
    pipeline = load_pipeline(artifact.folder, threads)
    return DiffusersEngine(pipeline, defaults_of(artifact.manifest.model, type(pipeline.scheduler).__name__))


def load_pipeline(folder: Path, threads: int) -> Any:
    """Read a pipeline's known parts from real files: safetensors, fp32, no code, never the network."""
    import diffusers
    import torch
    from diffusers.utils import logging

    diffusers_index.check((folder / diffusers_index.INDEX).read_text(encoding="utf-8"))
    logging.disable_progress_bar()
    torch.set_num_threads(threads)
    pipeline_class: Any = diffusers.StableDiffusionPipeline
    pipeline = pipeline_class.from_pretrained(
        str(folder),
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        low_cpu_mem_usage=False,  # needs one more library, and saves nothing where weights are mapped
        **dict.fromkeys(diffusers_index.LEFT_OUT),
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
