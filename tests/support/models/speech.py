"""A tiny random Whisper with the real vocabulary's layout, and sounds for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.support.models.text_to_text import save, shake

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

END = 50257
LANGUAGES = tuple(transformers.models.whisper.tokenization_whisper.LANGUAGES)


def sound(seconds: float, seed: int = 0) -> NDArray[np.float32]:
    """Mono float32 at 16 kHz: gliding tones and noise."""
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * 16_000)) / 16_000
    glide = np.sin(2 * np.pi * (200 + 50 * seed + 90 * np.sin(times)) * times)
    return (0.4 * glide + 0.05 * rng.standard_normal(len(times))).astype(np.float32)


def whisper(folder: Path, multilingual: bool = True) -> Path:
    tokenizer = _tokenizer()
    ids = tokenizer.get_vocab()
    config = transformers.WhisperConfig(
        vocab_size=51865, d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=64, decoder_ffn_dim=64, num_mel_bins=80,
        max_target_positions=64, decoder_start_token_id=END + 1, eos_token_id=END, bos_token_id=END,
        pad_token_id=END, suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    model = shake(transformers.WhisperForConditionalGeneration(config), END, seed=9, std=0.2)
    generation = model.generation_config
    generation.update(max_length=64, suppress_tokens=[1, 2, 7], begin_suppress_tokens=[220, END])
    generation._from_model_config = False  # else it is made anew from the model config when loaded
    generation.is_multilingual = multilingual
    generation.no_timestamps_token_id = ids["<|notimestamps|>"]
    generation.max_initial_timestamp_index = 50
    if multilingual:
        generation.lang_to_id = {f"<|{code}|>": ids[f"<|{code}|>"] for code in LANGUAGES[:99]}
        generation.task_to_id = {name: ids[f"<|{name}|>"] for name in ("translate", "transcribe")}
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    return save(folder, model, tokenizer)


def _tokenizer() -> Any:
    """Bytes, made-up words up to the end token, then the special tokens where Whisper has them."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {name: index for index, name in enumerate(alphabet)}
    words |= {f"Ġw{index}": index for index in range(len(words), END)}
    tokenizer = Tokenizer(models.BPE(words, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ["endoftext", "startoftranscript", *LANGUAGES[:99], "translate", "transcribe"]
    names += ["startoflm", "startofprev", "nospeech", "notimestamps"]
    tokenizer.add_special_tokens([f"<|{name}|>" for name in names])
    mark = "<|endoftext|>"
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=mark, bos_token=mark, unk_token=mark, pad_token=mark
    )
