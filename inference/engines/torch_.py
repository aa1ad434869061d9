"""Encoders on torch in fp32: the reference of every proof, and what runs a head that has no graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

AUTO_CLASSES = {
    "feature-extraction": "AutoModel",
    "fill-mask": "AutoModelForMaskedLM",
    "image-classification": "AutoModelForImageClassification",
    "question-answering": "AutoModelForQuestionAnswering",
    "sentence-similarity": "AutoModel",
    "text-classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "zero-shot-classification": "AutoModelForSequenceClassification",
}
"""Pipeline tag -> the class of transformers that reads a repository for it."""
TEXT_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
PIXELS = "pixel_values"


def load_model(folder: Path, pipeline_tag: str, threads: int, attention: str | None = None) -> Any:
    """The model in fp32, from safetensors, with no code but the library's own.

    ``attention`` is an implementation by the library's name; the model's own default where there is none.
    """
    import torch
    import transformers

    torch.set_num_threads(threads)
    cls = getattr(transformers, AUTO_CLASSES[pipeline_tag])
    return cls.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation=attention,
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
    ).eval()


def runner(
    model: Any, outputs: tuple[str, ...]
) -> Callable[[dict[str, NDArray[np.int64]]], list[NDArray[np.float32]]]:
    """The model as a function from named inputs to the named outputs, like a session; others are dropped."""
    import torch

    names = input_names(model)

    def run(inputs: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            result = model(**{name: torch.from_numpy(inputs[name]) for name in names})
        return [getattr(result, name).numpy() for name in outputs]

    return run


def input_names(model: Any) -> list[str]:
    """The pixels, or else those of the usual text inputs, that the model's ``forward`` takes."""
    import inspect

    accepted = inspect.signature(model.forward).parameters
    return [PIXELS] if PIXELS in accepted else [name for name in TEXT_INPUTS if name in accepted]
