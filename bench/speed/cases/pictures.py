"""Text to image by SD-Turbo's architecture with random weights: one step, 512 × 512 pixels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bench.speed.cases.case import Case, Workload
from bench.speed.cases.random_weights import SEED
from inference.settings import MEMORY_PER_VCPU_MB

if TYPE_CHECKING:
    from pathlib import Path

MEMORY_MB = 6 * MEMORY_PER_VCPU_MB
END_OF_WORD = "</w>"
UNET: dict[str, Any] = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "attention_head_dim": (5, 10, 20, 20),
    "cross_attention_dim": 1024,
    "use_linear_projection": True,
}
"""stabilityai/sd-turbo's, which are Stable Diffusion 2.1's."""
VAE: dict[str, Any] = {"block_out_channels": (128, 256, 512, 512), "layers_per_block": 2, "sample_size": 768}
TEXT: dict[str, Any] = {
    "vocab_size": 49_408,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "hidden_act": "gelu",
}
TINY_UNET: dict[str, Any] = {
    "sample_size": 8,
    "block_out_channels": (16, 32, 32, 32),
    "attention_head_dim": (2, 4, 4, 4),
    "cross_attention_dim": 32,
    "norm_num_groups": 8,
    "use_linear_projection": True,
}
TINY_VAE: dict[str, Any] = {
    "block_out_channels": (8, 8, 16, 16),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "sample_size": 64,
}
TINY_TEXT = TEXT | {
    "vocab_size": 600,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}


def make_turbo(
    unet: dict[str, Any],
    vae: dict[str, Any],
    text: dict[str, Any],
    folder: Path,
    *,
    tiny_decoder: bool = False,
) -> None:
    """The parts of SD-Turbo, each with the library's initial weights."""
    import diffusers
    import torch
    import transformers
    from tokenizers import pre_tokenizers

    parts: Any = diffusers
    torch.manual_seed(SEED)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *(letter + END_OF_WORD for letter in alphabet)]
    words += [f"w{index}" for index in range(text["vocab_size"] - len(words) - 2)]
    words += ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = transformers.CLIPTokenizer(
        vocab={word: index for index, word in enumerate(words)}, merges=[], pad_token="!", model_max_length=77
    )
    blocks = len(vae["block_out_channels"])
    down, up = ("DownEncoderBlock2D",) * blocks, ("UpDecoderBlock2D",) * blocks
    decoder = (
        parts.AutoencoderTiny()
        if tiny_decoder
        else parts.AutoencoderKL(latent_channels=4, down_block_types=down, up_block_types=up, **vae)
    )
    config = transformers.CLIPTextConfig(bos_token_id=0, eos_token_id=2, pad_token_id=1, **text)
    parts.StableDiffusionPipeline(
        unet=parts.UNet2DConditionModel(**unet),
        vae=decoder,
        text_encoder=transformers.CLIPTextModel(config),
        tokenizer=tokenizer,
        scheduler=parts.EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            steps_offset=1,
            timestep_spacing="trailing",
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)


def _prompt() -> str:
    return "a lighthouse at dawn, watercolour, soft light over a calm sea"


def _case(name: str, *, tiny_decoder: bool = False) -> Case:
    return Case(
        name=name,
        task="image",
        kind="picture",
        weights="random",
        make=partial(make_turbo, UNET, VAE, TEXT, tiny_decoder=tiny_decoder),
        make_tiny=partial(make_turbo, TINY_UNET, TINY_VAE, TINY_TEXT, tiny_decoder=tiny_decoder),
        workloads=(Workload("1 step, 512 × 512 pixels", _prompt, 1),),
        memory_mb=MEMORY_MB,
    )


# The name tells our engine and the peer that one step is enough.
CASES = (_case("sd-turbo"), _case("sd-turbo-tiny-decoder", tiny_decoder=True))
