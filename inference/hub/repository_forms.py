"""What a repository without safetensors weights holds instead, and what to choose: told by file names."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PICKLE = "pytorch_model.bin"
PICKLED = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt")
ORIGINAL = "choose the repository that it was made from"
FORMS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("adapter_config.json",), "a LoRA adapter, which is no model alone: merge it into its base model"),
    (("*.gguf",), f"GGUF files, which are for llama.cpp: {ORIGINAL}"),
    (
        ("gliner_config.json",),
        "a GLiNER model, which no engine here runs: choose a token-classification model",
    ),
    (("model.bin",), f"weights of CTranslate2, which cannot be proven here: {ORIGINAL}"),
    (("onnx/*.onnx", "*.onnx"), f"ONNX graphs only, which cannot be proven here: {ORIGINAL}"),
    (("*.nemo",), "a NeMo archive: choose a model with safetensors weights"),
    (("*.h5", "*.keras"), "weights of TensorFlow: choose a model with safetensors weights"),
    (("*.msgpack",), "weights of Flax: choose a model with safetensors weights"),
    (("*/*.safetensors",), "safetensors in folders of another library: choose a model that has them on top"),
)
"""File names, one of which tells a form -> what the repository holds, and what to do."""


def describe(names: Sequence[str], pickle_option: str) -> str:
    """What stands after "the repository has no safetensors weights at its top level, but "."""
    if "gliner_config.json" not in names and PICKLE in names and "config.json" in names:
        return f"{PICKLE}, a pickle file: if you trust its owner, set {pickle_option}"
    for patterns, told in FORMS:
        if any(fnmatch.fnmatch(name, pattern) for name in names for pattern in patterns):
            return told
    if any(fnmatch.fnmatch(name, pattern) for name in names for pattern in PICKLED):
        return "pickle files that transformers cannot read as a model: choose one with safetensors weights"
    return "no weights of any kind that is known here: choose a model with safetensors weights"
