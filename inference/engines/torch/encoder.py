"""Encoders on torch in fp32: the reference of every proof, and what runs a head that has no graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.onnx.heads import head_class
from inference.engines.onnx.model_types import ENCODER_MODEL_TYPES, STATIC
from inference.engines.text.tokenizer import read_json
from inference.engines.torch import weights
from inference.engines.torch.static_table import read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

TEXT_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
PIXELS = "pixel_values"
WAVEFORM = "input_values"


def load_model(folder: Path, pipeline_tag: str, threads: int, attention: str | None = None) -> Any:
    """The model, as :func:`inference.engines.torch.weights.read` reads it.

    ``attention`` is an implementation by the library's name; the model's own default where there is none.
    """
    import torch
    import transformers

    torch.set_num_threads(threads)
    head = head_class(pipeline_tag)
    model_type = read_json(folder / "config.json").get("model_type")
    if model_type == STATIC:
        return read_table(folder)
    is_encoder = head.AUTO_CLASS == "AutoModel" and model_type in ENCODER_MODEL_TYPES
    cls = getattr(transformers, "AutoModelForTextEncoding" if is_encoder else head.AUTO_CLASS)
    return weights.read(cls, folder, unread=head.UNREAD, attn_implementation=attention)


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
    """What the model's ``forward`` takes: pixels, sound, the usual text inputs, or text and pixels."""
    import inspect

    accepted = inspect.signature(model.forward).parameters
    texts = [name for name in TEXT_INPUTS if name in accepted]
    if PIXELS in accepted and TEXT_INPUTS[0] in texts:
        return [*texts, PIXELS]
    return next(([name] for name in (PIXELS, WAVEFORM) if name in accepted), texts)
