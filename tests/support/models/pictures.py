"""Tiny diffusers pipelines with random weights, one for each kind of network, sampler and decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

STABLE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
UNET: dict[str, Any] = {
    "sample_size": 8,
    "block_out_channels": (16, 32),
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "cross_attention_dim": 32,
    "attention_head_dim": 4,
    "norm_num_groups": 8,
    "layers_per_block": 1,
}
LINEAR = {"use_linear_projection": True, "attention_head_dim": (2, 4), "layers_per_block": 2}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"scheduler": "PNDMScheduler", "unet": {}},
    "velocity": {
        "scheduler": "DDIMScheduler",
        "unet": LINEAR,
        "sampling": {"prediction_type": "v_prediction"},
    },
    "turbo": {
        "scheduler": "EulerDiscreteScheduler",
        "unet": LINEAR,
        "sampling": {"timestep_spacing": "trailing"},
    },
    "ancestral": {"scheduler": "EulerAncestralDiscreteScheduler", "unet": {}},
    "solver": {"scheduler": "DPMSolverMultistepScheduler", "unet": {}, "text": {"hidden_act": "gelu"}},
    "consistency": {"scheduler": "LCMScheduler", "unet": {"time_cond_proj_dim": 16}},
    "tiny-decoder": {"scheduler": "PNDMScheduler", "unet": {}, "vae": "AutoencoderTiny"},
    "unknown-sampler": {"scheduler": "HeunDiscreteScheduler", "unet": {}},
    "wide": {"scheduler": "PNDMScheduler", "unet": {"block_out_channels": (32, 128)}},
}


def make_pipeline(
    name: str, folder: Path, unet: dict[str, Any] | None = None, scheduler: dict[str, Any] | None = None
) -> None:
    """Save one of :data:`KINDS`; ``unet`` and ``scheduler`` change single settings."""
    import diffusers
    import torch
    import transformers

    from local.demo.untrained.media import clip_tokenizer

    parts: Any = diffusers
    torch.manual_seed(3)
    kind = KINDS[name]
    tokenizer = clip_tokenizer()
    sampling = STABLE | kind.get("sampling", {})
    if kind["scheduler"] == "PNDMScheduler":
        sampling |= {"skip_prk_steps": True, "steps_offset": 1}
    text = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        **kind.get("text", {}),
    )
    parts.StableDiffusionPipeline(
        unet=parts.UNet2DConditionModel(**(UNET | kind["unet"] | (unet or {}))),
        vae=_decoder(parts, kind.get("vae")),
        text_encoder=transformers.CLIPTextModel(text),
        tokenizer=tokenizer,
        scheduler=getattr(parts, kind["scheduler"])(**(sampling | (scheduler or {}))),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def _decoder(parts: Any, name: str | None) -> Any:
    if name == "AutoencoderTiny":
        return parts.AutoencoderTiny(encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4)
    return parts.AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        layers_per_block=1,
        sample_size=64,
    )
