"""torch -> ONNX, for one text of any length; and torch as a runner, the reference of every proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.convert.recipe import Source

AUTO_CLASSES = {"text-classification": "AutoModelForSequenceClassification"}
TEXT_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SAMPLE_TOKENS = 16


def load_torch(source: Source) -> Any:
    """The model in fp32, from safetensors, with no code but the library's own."""
    import torch
    import transformers

    torch.set_num_threads(source.threads)
    cls = getattr(transformers, AUTO_CLASSES[source.pipeline_tag])
    return cls.from_pretrained(
        source.snapshot,
        dtype=torch.float32,
        attn_implementation="eager",
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
    ).eval()


def runner(model: Any) -> Callable[[dict[str, NDArray[np.int64]]], list[NDArray[np.float32]]]:
    """The model as a function from named inputs to outputs, like a session."""
    import torch

    names = input_names(model)

    def run(inputs: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            result = model(**{name: torch.from_numpy(inputs[name]) for name in names})
        return [result.logits.numpy()]

    return run


def input_names(model: Any) -> list[str]:
    """Those of the usual text inputs that the model's ``forward`` takes."""
    import inspect

    accepted = inspect.signature(model.forward).parameters
    return [name for name in TEXT_INPUTS if name in accepted]


def export(model: Any, path: Path, outputs: tuple[str, ...]) -> None:
    """Write the graph with one free dimension, the number of tokens."""
    import torch

    class Outputs(torch.nn.Module):
        """Named inputs in, a tuple of the wanted outputs out."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
            result = self.model(**inputs)
            return tuple(getattr(result, name) for name in outputs)

    names = input_names(model)
    sample = {name: torch.ones(1, SAMPLE_TOKENS, dtype=torch.long) for name in names}
    free = {name: {1: torch.export.Dim.DYNAMIC} for name in names}
    with torch.inference_mode():
        program = torch.onnx.export(
            Outputs().eval(),  # a wrapper left in train mode would switch the model's dropout on
            kwargs={"inputs": sample},
            dynamic_shapes={"inputs": free},
            dynamo=True,
            input_names=names,
            output_names=list(outputs),
            verbose=False,
        )
    assert program is not None
    program.save(str(path), external_data=False)
