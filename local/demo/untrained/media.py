"""Untrained models for sound and pictures: real architectures, small, with seeded random weights."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from local.demo import cards
from local.demo.untrained.text import SEED, random_model

if TYPE_CHECKING:
    from pathlib import Path

END_OF_WORD = "</w>"
WHISPER_WORDS = 50256
"""First id of the special tokens in the English-only Whisper; engines rely on their ids."""
WHISPER_SIZE = 51864
PICTURE = 64
"""Width and height of the untrained image model's pictures, in pixels."""


def speech(folder: Path) -> None:
    """An English-only Whisper with the layout of the real vocabulary: bytes, then made-up words."""
    import transformers

    end = WHISPER_WORDS
    config = transformers.WhisperConfig(
        vocab_size=WHISPER_SIZE,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        decoder_start_token_id=end + 1,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = random_model(transformers.WhisperForConditionalGeneration, config)
    _say_bytes_only(model, end)
    generation = model.generation_config
    generation.update(max_length=32, suppress_tokens=None, begin_suppress_tokens=[end])
    generation.is_multilingual = False
    generation.no_timestamps_token_id = end + 106
    generation.max_initial_timestamp_index = 50
    generation._from_model_config = False  # else every load derives it again
    model.half().save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    _whisper_tokenizer().save_pretrained(folder)
    kind = "a Whisper with one layer in each half"
    cards.write(folder, cards.untrained("demo-speech", "automatic-speech-recognition", kind))


def _say_bytes_only(model: Any, end: int) -> None:
    """Make the model answer with single letters instead of made-up words."""
    import torch

    with torch.no_grad():
        model.get_output_embeddings().weight[256:end] *= 0.01


def _whisper_tokenizer() -> Any:
    import transformers
    from tokenizers import pre_tokenizers
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    words = {name: index for index, name in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    words |= {f"Ġw{index}": index for index in range(len(words), WHISPER_WORDS)}
    names = ["startoftranscript", *list(LANGUAGES)[:99], "translate", "transcribe"]
    names += ["startoflm", "startofprev", "nocaptions", "notimestamps"]
    return transformers.WhisperTokenizer(
        vocab=words | {"<|endoftext|>": WHISPER_WORDS},
        merges=[],
        extra_special_tokens=[f"<|{name}|>" for name in names],
        pad_token="<|endoftext|>",
        model_max_length=1024,
    )


def image(folder: Path) -> None:
    """The four parts of Stable Diffusion, each as small as possible."""
    import torch

    parts: Any = import_module("diffusers")
    torch.manual_seed(SEED)
    vae = parts.AutoencoderKL(
        block_out_channels=(8, 8, 16, 16),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        norm_num_groups=4,
        layers_per_block=1,
        sample_size=PICTURE,
    )
    unet = parts.UNet2DConditionModel(
        sample_size=PICTURE // 8,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        attention_head_dim=4,
        norm_num_groups=8,
        layers_per_block=1,
    )
    scheduler = parts.PNDMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        set_alpha_to_one=False,
        skip_prk_steps=True,
        steps_offset=1,
    )
    tokenizer = clip_tokenizer()
    parts.StableDiffusionPipeline(
        vae=vae,
        unet=unet,
        scheduler=scheduler,
        tokenizer=tokenizer,
        text_encoder=_clip_encoder(tokenizer),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    kind = f"a Stable Diffusion pipeline for pictures of {PICTURE} x {PICTURE} pixels"
    cards.write(folder, cards.untrained("demo-image", "text-to-image", kind, library="diffusers"))


def zero_shot_image(folder: Path) -> None:
    """A CLIP as small as possible: it reads a picture and labels, and knows neither."""
    import transformers

    tokenizer = clip_tokenizer()
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    ends = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = transformers.CLIPConfig(
        text_config={**tower, **ends, "vocab_size": len(tokenizer)},
        vision_config={**tower, "image_size": PICTURE, "patch_size": 16},
        projection_dim=32,
    )
    random_model(transformers.CLIPModel, config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        json.dumps({"image_processor_type": "CLIPImageProcessor", "size": PICTURE, "crop_size": PICTURE})
    )
    kind = f"a CLIP with two layers in each half, for pictures of {PICTURE} x {PICTURE} pixels"
    cards.write(folder, cards.untrained("demo-zero-shot-image", "zero-shot-image-classification", kind))


def clip_tokenizer() -> Any:
    """A CLIP tokenizer of single characters: every byte inside a word and at its end."""
    import transformers
    from tokenizers import pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = [*alphabet, *(name + END_OF_WORD for name in alphabet), "<|startoftext|>", "<|endoftext|>"]
    return transformers.CLIPTokenizer(
        vocab={name: index for index, name in enumerate(names)}, merges=[], model_max_length=77
    )


def _clip_encoder(tokenizer: Any) -> Any:
    import transformers

    config = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return random_model(transformers.CLIPTextModel, config)
