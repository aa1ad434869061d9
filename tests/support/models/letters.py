"""Tiny random models that hear letters (CTC), of every family, in the form of their real repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LETTERS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLU'")
SHAPE = {
    "vocab_size": len(LETTERS),
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16, 16, 16),
    "conv_kernel": (10, 3, 2),
    "conv_stride": (5, 8, 8),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
}
"""320 samples a frame, as the real ones have."""
CONFIGS: dict[str, dict[str, Any]] = {
    "data2vec-audio": {"conv_pos_kernel_size": 3, "num_conv_pos_embeddings": 2},
    "hubert": {},
    "unispeech": {},
    "unispeech-sat": {},
    "wav2vec2": {},
    "wavlm": {},
}
XLSR = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
"""What the large models have otherwise: wav2vec2-large, XLSR and HuBERT large."""


def make_letters(
    folder: Path, model_type: str, tokenizer: dict[str, Any] | None = None, **shape: Any
) -> Path:
    """A repository with random weights, so wide apart that every sound has letters."""
    import torch
    import transformers

    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({letter: index for index, letter in enumerate(LETTERS)}))
    named = {"tokenizer_class": "Wav2Vec2CTCTokenizer", "unk_token": "<unk>", "pad_token": "<pad>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**named, **(tokenizer or {})}))
    processor = {
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "do_normalize": True,
        "feature_size": 1,
    }
    processor |= {"sampling_rate": 16_000, "padding_value": 0.0, "return_attention_mask": False}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    torch.manual_seed(7)
    config = transformers.AutoConfig.for_model(model_type, **{**SHAPE, **CONFIGS[model_type], **shape})
    model = transformers.AutoModelForCTC.from_config(config)
    with torch.no_grad():
        model.lm_head.weight.normal_(std=2.0)
    model.save_pretrained(folder)
    return folder
