"""Stable Diffusion on torch: pictures from words, in fp32, exactly as diffusers' own pipeline paints them."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from inference.engines.diffusion.painting import PaintingEngine
from inference.engines.diffusion.plan import Painter, defaults_of
from inference.engines.engine import Outcome
from inference.hub import diffusers_index

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from inference.cache.artifact import Artifact
    from inference.engines.diffusion.plan import PicturePlan
    from inference.task import Call


class DiffusersEngine(PaintingEngine):
    """A pipeline, and how fast it was."""

    def __init__(self, pipeline: Any, painter: Painter) -> None:
        super().__init__(painter)
        self._pipeline = pipeline

    def run(self, call: Call) -> Outcome:
        """For each prompt one RGB picture; with a seed the same one every time."""
        plan = self.painter.plan(call.parameters)
        seed = call.parameters.get("seed")
        return Outcome([self._paint(prompt, plan, seed) for prompt in call.inputs])

    def _paint(self, prompt: str, plan: PicturePlan, seed: int | None) -> Image:
        import torch

        generator = torch.Generator("cpu").manual_seed(secrets.randbits(32) if seed is None else seed)
        started_s = time.monotonic()
        ends_s = [started_s]

        def follow(pipeline: Any, step: int, _: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            ends_s.append(time.monotonic())
            self.tell(step + 1, int(pipeline.num_timesteps), started_s)
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
        self.pace.note(plan.pixels, plan.passes, stepping_s, time.monotonic() - ends_s[-1])
        return picture.convert("RGB")


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> DiffusersEngine:
    """The pipeline of an artifact whose files are as they came."""
    pipeline = load_pipeline(artifact.folder, threads)
    return DiffusersEngine(pipeline, painter_of(pipeline, artifact.manifest.model))


def painter_of(pipeline: Any, model: str) -> Painter:
    """The model's own size, and the defaults where a caller says nothing."""
    scale, config = pipeline.vae_scale_factor, pipeline.unet.config
    defaults = defaults_of(model, type(pipeline.scheduler).__name__)
    return Painter(config.sample_size * scale, scale, defaults, config.time_cond_proj_dim is not None)


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
