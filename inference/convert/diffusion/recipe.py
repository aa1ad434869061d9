"""A diffusers pipeline -> three ONNX graphs, in the smallest form that paints what torch paints."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert.diffusion.decoders import write_decoder
from inference.convert.diffusion.text_encoder import write_text_encoder
from inference.convert.diffusion.unet import write_unet
from inference.convert.proofs.text_to_image import TextToImageProof
from inference.convert.recipe import Drift, KeptVariant, Variant, why_kept
from inference.convert.tokenizer import write_vocabulary
from inference.engines.diffusion.engine import DECODER, TEXT_ENCODER, UNET, PictureEngine, Pipeline
from inference.engines.diffusion.samplers import sampler_class
from inference.engines.diffusion.samplers.sampler import Settings
from inference.engines.engine import Unsupported
from inference.engines.onnx.session import data_of
from inference.engines.torch.diffusers import load_pipeline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.convert.recipe import Source

TOOLS = ("torch", "diffusers", "transformers", "onnx", "onnxruntime")


@dataclass(frozen=True)
class PictureVariant(Variant):
    """How the graphs store their large weights; all are computed in fp32."""

    halves: bool


VARIANTS = (PictureVariant("fp16", halves=True), PictureVariant("fp32", halves=False))


def convert(source: Source, folder: Path, report: Callable[[str], None]) -> KeptVariant:
    """Write the graphs, paint the proof's pictures by torch, and keep the first form that paints the same.

    Raises :class:`Unsupported` for a pipeline that has a part unknown here, and one whose graphs are not
    within the budget.
    """
    import torch

    rejected: list[dict[str, Any]] = []
    proof: TextToImageProof | None = None
    variants = VARIANTS[-1:] if source.precision == "fp32" else VARIANTS
    drift, variant = Drift({}, within_budget=False), variants[0]
    for variant in variants:
        pipeline = load_pipeline(source.snapshot, source.threads)
        with torch.inference_mode():
            _write_facts(pipeline, folder)
            report("exporting")
            try:
                _write_graphs(pipeline, folder, variant)
            except OverflowError:  # a weight that fp16 cannot hold
                rejected.append({"precision": variant.name, "figures": {"too_large": 1.0}})
                continue
            if proof is None:
                report("proving")
                proof = TextToImageProof(pipeline, source)
        del pipeline  # the candidate gets its memory
        report(f"trying {variant.name}")
        drift = proof.measure(PictureEngine(folder, source.model, source.threads))
        if drift.within_budget:
            break
        rejected.append({"precision": variant.name, "figures": drift.figures})
    if not drift.within_budget:
        raise Unsupported("its graphs do not paint what torch paints, even in fp32")
    reason = f"graphs exported here; {why_kept(source, variant.name, rejected)}"
    if source.precision == "int8":
        reason = f"graphs exported here; no int8 form is made of pictures' networks, {variant.name} is kept"
    tools = {name: importlib.metadata.version(name) for name in TOOLS}
    return KeptVariant(variant.name, reason, drift, tuple(rejected), tools)


def _write_graphs(pipeline: Any, folder: Path, variant: PictureVariant) -> None:
    for name in (TEXT_ENCODER, UNET, DECODER):
        for path in (folder / name, data_of(folder / name)):
            path.unlink(missing_ok=True)
    write_text_encoder(pipeline.text_encoder, folder / TEXT_ENCODER, halves=variant.halves)
    write_unet(pipeline.unet, folder / UNET, halves=variant.halves)
    write_decoder(pipeline.vae, folder / DECODER, halves=variant.halves)


def _write_facts(pipeline: Any, folder: Path) -> None:
    """The tokenizer, and what the networks do not say; raises :class:`Unsupported` for an unknown sampler."""
    scheduler, tokenizer, config = pipeline.scheduler, pipeline.tokenizer, pipeline.unet.config
    if not tokenizer.is_fast:
        raise Unsupported("its tokenizer is none that can be read without Python")
    if not isinstance(config.sample_size, int) or config.in_channels != config.out_channels:
        raise Unsupported("its network has latents of a kind that is not known")
    settings = Settings(_plain(dict(scheduler.config)), tuple(scheduler.alphas_cumprod.tolist()))
    name = type(scheduler).__name__
    sampler_class(name, settings)
    write_vocabulary(tokenizer, folder)
    Pipeline(
        scheduler=name,
        settings=dict(settings.config),
        signal=settings.signal,
        channels=config.in_channels,
        side=config.sample_size * pipeline.vae_scale_factor,
        scale=pipeline.vae_scale_factor,
        tokens=tokenizer.model_max_length,
        padding=tokenizer.pad_token,
        guidance_size=config.time_cond_proj_dim or 0,
    ).write(folder)


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Without what the library notes for itself, and with numbers that JSON has: infinities are left out."""
    import math

    return {
        name: value
        for name, value in settings.items()
        if not name.startswith("_")
        and (
            value is None
            or isinstance(value, bool | int | str)
            or (isinstance(value, float) and math.isfinite(value))
        )
    }
