"""Train the demo image model: a Stable Diffusion pipeline small enough to live in a git repository.

python -m local.demo.training.image --out FOLDER
"""

from __future__ import annotations

import argparse
import random
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch.nn import functional

from local.demo.corpus.scenes import SIDE, scene
from local.demo.evaluation.image import measure
from local.demo.packaged.image import make, pack
from local.demo.training.loop import learning_rate_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.demo.corpus.scenes import Scene

SEED = 23
MARKS = ["<|startoftext|>", "<|endoftext|>"]
WORDS = 1200
LENGTH = 77
WIDTH = 64
LATENTS = 4
SCENES = 6_000
AUTOENCODER_STEPS = 1_800
PAINTER_STEPS = 5_000
AUTOENCODER_BATCH = 16
PAINTER_BATCH = 48
NO_CAPTION = 0.1
"""Share of captions that are left out, so that guidance has something to lead away from."""


def build_tokenizer(captions: list[str]) -> Any:
    """A CLIP tokenizer whose words are those of the captions; others are spelled."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS, end_of_word_suffix="</w>", initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(captions, trainer)
    import json

    made = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(pair) for pair in made["merges"]]
    names = [
        *alphabet,
        *(letter + "</w>" for letter in alphabet),
        *("".join(pair) for pair in merges),
        *MARKS,
    ]
    vocabulary = {name: index for index, name in enumerate(dict.fromkeys(names))}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=LENGTH)


def build_text_encoder(tokenizer: Any) -> Any:
    """Two layers of CLIP's text half."""
    config = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=2 * WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return transformers.CLIPTextModel(config)


def build_autoencoder() -> Any:
    """Pictures of 64 x 64 pixels to 8 x 8 numbers with four channels, and back."""
    parts: Any = import_module("diffusers")
    return parts.AutoencoderKL(
        block_out_channels=(8, 16, 24, 32),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=LATENTS,
        norm_num_groups=4,
        layers_per_block=1,
        sample_size=SIDE,
    )


def build_painter() -> Any:
    """The network that takes noise away, guided by the words."""
    parts: Any = import_module("diffusers")
    return parts.UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=LATENTS,
        out_channels=LATENTS,
        block_out_channels=(48, 96),
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
        layers_per_block=1,
    )


def build_scheduler() -> Any:
    """DPM-Solver++ (Lu et al. 2022) paints well in ten steps; the network predicts velocity."""
    parts: Any = import_module("diffusers")
    return parts.DPMSolverMultistepScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=False,
        timestep_spacing="trailing",
        steps_offset=1,
    )


def pixels_of(scenes: list[Scene]) -> torch.Tensor:
    """Shape ``(scenes, 3, side, side)``, values from -1 to 1."""
    rows = np.stack([np.asarray(each.picture) for each in scenes])
    return torch.from_numpy(rows).permute(0, 3, 1, 2).float() / 127.5 - 1


def train(
    parameters: list[Any], steps: int, rate: float, loss_of: Callable[[], torch.Tensor], name: str
) -> None:
    """AdamW with a short warm-up and a cosine."""
    optimizer = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_at((step + 1) / steps))
    for step in range(steps):
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % 100 == 0:
            print(f"{name}: step {step + 1} of {steps}: loss {loss.item():.4f}", flush=True)


def fit_autoencoder(autoencoder: Any, pixels: torch.Tensor) -> None:
    """Absolute and squared error, and a little of the divergence from a normal distribution."""

    def loss_of() -> torch.Tensor:
        chosen = pixels[torch.randint(len(pixels), (AUTOENCODER_BATCH,))]
        code = autoencoder.encode(chosen).latent_dist
        found = autoencoder.decode(code.sample()).sample
        loss: torch.Tensor = functional.l1_loss(found, chosen) + functional.mse_loss(found, chosen)
        divergence: torch.Tensor = code.kl().mean()
        return loss + 1e-5 * divergence

    train(list(autoencoder.parameters()), AUTOENCODER_STEPS, 3e-3, loss_of, "autoencoder")


@torch.no_grad()
def encode(autoencoder: Any, pixels: torch.Tensor) -> torch.Tensor:
    """The pictures' numbers, scaled to a spread of one as Stable Diffusion has them."""
    parts = pixels.split(100)  # type: ignore[no-untyped-call]
    codes = torch.cat([autoencoder.encode(part).latent_dist.mean for part in parts])
    autoencoder.register_to_config(scaling_factor=1 / codes.std().item())
    scaled: torch.Tensor = codes * autoencoder.config.scaling_factor
    return scaled


def fit_painter(
    painter: Any, words: Any, codes: torch.Tensor, tokens: torch.Tensor, empty: torch.Tensor
) -> None:
    """Predict the velocity (Salimans and Ho 2022) at a random step, with some captions left out."""
    parts: Any = import_module("diffusers")
    noise_of = parts.DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")

    def loss_of() -> torch.Tensor:
        chosen = torch.randint(len(codes), (PAINTER_BATCH,))
        ids = torch.where(torch.rand(PAINTER_BATCH, 1) < NO_CAPTION, empty, tokens[chosen])
        noise, steps = torch.randn_like(codes[chosen]), torch.randint(1000, (PAINTER_BATCH,))
        noisy = noise_of.add_noise(codes[chosen], noise, steps)
        found = painter(noisy, steps, encoder_hidden_states=words(ids).last_hidden_state).sample
        return functional.mse_loss(found, noise_of.get_velocity(codes[chosen], noise, steps))

    train([*painter.parameters(), *words.parameters()], PAINTER_STEPS, 1.5e-3, loss_of, "painter")


def main() -> None:
    """Draw scenes, train the autoencoder, then the painter; pack them, and measure."""
    parser = argparse.ArgumentParser(description="Train the demo image model.")
    parser.add_argument("--out", type=Path, required=True, help="a folder for the whole repository")
    out: Path = parser.parse_args().out
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    started_s, rng = time.monotonic(), random.Random(SEED)
    scenes = [scene(rng) for _ in range(SCENES)]
    captions = [each.caption for each in scenes]
    tokenizer = build_tokenizer(captions)
    autoencoder, words, painter = build_autoencoder(), build_text_encoder(tokenizer), build_painter()
    pixels = pixels_of(scenes)
    fit_autoencoder(autoencoder, pixels)
    coded = tokenizer([*captions, ""], padding="max_length", truncation=True, return_tensors="pt").input_ids
    fit_painter(painter, words, encode(autoencoder, pixels), coded[:-1], coded[-1:])
    save(out, tokenizer, words, autoencoder, painter)
    pack(out)
    make(out)  # as it will be served
    print(f"trained in {time.monotonic() - started_s:.0f} s")
    print(measure(out))


def save(out: Path, tokenizer: Any, words: Any, autoencoder: Any, painter: Any) -> None:
    """Write the pipeline's parts as diffusers does, without a safety checker: it knows no dangerous sign."""
    parts: Any = import_module("diffusers")
    parts.StableDiffusionPipeline(
        vae=autoencoder.half().eval(),
        unet=painter.half().eval(),
        scheduler=build_scheduler(),
        tokenizer=tokenizer,
        text_encoder=words.half().eval(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(out)


if __name__ == "__main__":
    main()
