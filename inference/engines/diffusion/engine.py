"""Pictures from words on ONNX Runtime: a text encoder, a network that takes noise away, and a decoder."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.diffusion.noise import Noise
from inference.engines.diffusion.painting import PaintingEngine
from inference.engines.diffusion.plan import Painter, defaults_of
from inference.engines.diffusion.samplers import sampler_class
from inference.engines.diffusion.samplers.sampler import Settings
from inference.engines.engine import Outcome
from inference.engines.onnx.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from inference.cache.artifact import Artifact
    from inference.engines.diffusion.plan import PicturePlan
    from inference.task import Call

    Array = NDArray[np.float32]

TEXT_ENCODER, UNET, DECODER = "text_encoder.onnx", "unet.onnx", "decoder.onnx"
PIPELINE = "pipeline.json"
GUIDANCE_SCALE = 1000.0
LONGEST_WAVE = 10_000.0
"""Of the sines that tell a network its guidance."""


@dataclass(frozen=True)
class Pipeline:
    """What the networks do not say about themselves; written by the conversion."""

    scheduler: str
    """Its class in diffusers."""
    settings: dict[str, Any]
    """Of the scheduler, defaults included."""
    signal: tuple[float, ...]
    """``alphas_cumprod`` of the scheduler."""
    channels: int
    """Of the latents."""
    side: int
    """Pixels of the squares that the model was trained on."""
    scale: int
    """Pixels of a latent's side."""
    tokens: int
    """Of a prompt, padding included."""
    padding: str
    """The token that fills it up."""
    guidance_size: int
    """Numbers that tell the network its guidance; 0 where it is asked twice instead."""

    @classmethod
    def read(cls, folder: Path) -> Pipeline:
        written = json.loads((folder / PIPELINE).read_text(encoding="utf-8"))
        return cls(**{**written, "signal": tuple(written["signal"])})

    def write(self, folder: Path) -> None:
        (folder / PIPELINE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Painting:
    """A picture, and the latents that it was decoded from."""

    picture: Image
    latents: Array
    """Of shape (1, channels, height, width)."""
    was_cut: bool
    """Whether a prompt lost tokens to the model's window."""


class PictureEngine(PaintingEngine):
    """Three graphs and a sampler, and how fast they were."""

    def __init__(self, folder: Path, model: str, threads: int) -> None:
        from tokenizers import Tokenizer

        pipeline = Pipeline.read(folder)
        super().__init__(
            Painter(
                pipeline.side,
                pipeline.scale,
                defaults_of(model, pipeline.scheduler),
                knows_guidance=pipeline.guidance_size > 0,
            )
        )
        self._pipeline = pipeline
        self._settings = Settings(pipeline.settings, pipeline.signal)
        self._sampler = sampler_class(pipeline.scheduler, self._settings)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(pipeline.tokens)
        self._tokenizer.enable_padding(
            length=pipeline.tokens,
            pad_id=self._tokenizer.token_to_id(pipeline.padding) or 0,
            pad_token=pipeline.padding,
        )
        # Weights that are stored in sixteen bits stay so in memory, and are cast where they are used.
        self._encode, self._unet = (
            Session(folder / name, threads, folds_constants=False, frees_memory=True)
            for name in (TEXT_ENCODER, UNET)
        )
        self._decode = Session(folder / DECODER, threads, frees_memory=True)

    def run(self, call: Call) -> Outcome:
        """For each prompt one RGB picture; with a seed the same one every time."""
        plan = self.painter.plan(call.parameters)
        seed = call.parameters.get("seed")
        done = [self.paint(prompt, plan, seed) for prompt in call.inputs]
        return Outcome([each.picture for each in done], truncated=sum(each.was_cut for each in done))

    def paint(self, prompt: str, plan: PicturePlan, seed: int | None) -> Painting:
        """One picture; without a seed another one every time."""
        noise = Noise(secrets.randbits(32) if seed is None else seed)
        sampler = self._sampler(self._settings, plan.steps)
        side = self._pipeline.scale
        shape = (1, self._pipeline.channels, plan.height // side, plan.width // side)
        latents = noise.normal(shape) * sampler.initial_scale
        text, was_cut = self._text(prompt)
        others = [self._text(plan.negative_prompt or "")[0]] if plan.is_guided_twice else []
        guidance = self._guidance(plan.guidance)
        started_s = time.monotonic()
        for index, timestep in enumerate(sampler.timesteps):
            inputs = {
                "sample": _fp32(sampler.scaled(index, latents)),
                "timestep": _fp32([timestep]),
                **guidance,
            }
            output = self._unet({**inputs, "text": text})[0]
            for other in others:
                without = self._unet({**inputs, "text": other})[0]
                output = without + plan.guidance * (output - without)
            latents = _fp32(sampler.step(index, latents, output, lambda: noise.normal(shape)))
            self.tell(index + 1, len(sampler.timesteps), started_s)
        stepped_s = time.monotonic()
        picture = self._picture(latents)
        self.pace.note(plan.pixels, plan.passes, stepped_s - started_s, time.monotonic() - stepped_s)
        return Painting(picture, latents, was_cut)

    def _text(self, prompt: str) -> tuple[Array, bool]:
        import numpy as np

        encoding = self._tokenizer.encode(prompt)
        ids = np.array([encoding.ids], np.int64)
        return self._encode({"input_ids": ids})[0], bool(encoding.overflowing)

    def _guidance(self, scale: float) -> dict[str, Array]:
        """The guidance as the network reads it, where it does: sines and cosines."""
        import numpy as np

        size = self._pipeline.guidance_size
        if not size:
            return {}
        half = size // 2
        waves = np.exp(-np.log(LONGEST_WAVE) / (half - 1) * np.arange(half)) * (scale - 1) * GUIDANCE_SCALE
        told = np.zeros((1, size))
        told[0, : 2 * half] = np.concatenate([np.sin(waves), np.cos(waves)])
        return {"guidance": _fp32(told)}

    def _picture(self, latents: Array) -> Image:
        import numpy as np
        from PIL import Image

        pixels = self._decode({"latents": latents})[0][0]
        pixels += 1.0
        pixels *= 127.5
        np.rint(pixels, out=pixels)
        np.clip(pixels, 0, 255, out=pixels)
        return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)).astype(np.uint8))


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> PictureEngine:
    """Open what the conversion wrote; raises :class:`Unsupported` for a sampler that is not known here."""
    return PictureEngine(artifact.folder, artifact.manifest.model, threads)


def _fp32(values: Any) -> Array:
    import numpy as np

    return np.asarray(values, np.float32)
