"""torch -> ONNX: for one text of any length, or one picture of the size that its processor gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.onnx.image_processor import read_processor
from inference.engines.torch.encoder import PIXELS, input_names

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE_TOKENS = 16


def export(model: Any, path: Path, outputs: tuple[str, ...]) -> None:
    """Write the graph, and its weights in a file beside it; what the model reads stands in other files there.

    The weights apart, because a graph that holds them is built in memory twice before it is written.
    """
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
    # Each input its own tensor: two names for one would be exported as one input.
    sample = {name: _pixels(path.parent) if name == PIXELS else _tokens() for name in names}
    free = {name: None if name == PIXELS else {1: torch.export.Dim.DYNAMIC} for name in names}
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
    program.save(str(path), external_data=True)


def _tokens() -> Any:
    import torch

    return torch.ones(1, SAMPLE_TOKENS, dtype=torch.long)


def _pixels(folder: Path) -> Any:
    """A batch of one, and fixed: a free size costs speed, and a classifier has no use for it."""
    import torch

    return torch.zeros(1, 3, *read_processor(folder).height_width)
