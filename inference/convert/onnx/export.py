"""torch -> ONNX: for one text or sound of any length, one picture of its processor's size, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.onnx.image_processor import read_processor
from inference.engines.torch.encoder import PIXELS, WAVEFORM, input_names

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE_TOKENS = 16
TEXTS = 3
SAMPLE_SOUND = 16_000


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
    is_several = PIXELS in names and len(names) > 1  # texts for one picture, any number of them
    sample = {name: _sample(name, path.parent, TEXTS if is_several else 1) for name in names}
    free = dict.fromkeys([0, 1] if is_several else [1], torch.export.Dim.DYNAMIC)
    shapes = {name: None if name == PIXELS else free for name in names}
    with torch.inference_mode():
        program = torch.onnx.export(
            Outputs().eval(),  # a wrapper left in train mode would switch the model's dropout on
            kwargs={"inputs": sample},
            dynamic_shapes={"inputs": shapes},
            dynamo=True,
            input_names=names,
            output_names=list(outputs),
            verbose=False,
        )
    assert program is not None
    program.save(str(path), external_data=True)


def _sample(name: str, folder: Path, texts: int) -> Any:
    import torch

    if name == WAVEFORM:
        return torch.zeros(1, SAMPLE_SOUND)
    return _pixels(folder) if name == PIXELS else _tokens(texts)


def _tokens(texts: int) -> Any:
    import torch

    return torch.ones(texts, SAMPLE_TOKENS, dtype=torch.long)


def _pixels(folder: Path) -> Any:
    """A batch of one, and fixed: a free size costs speed, and a classifier has no use for it."""
    import torch

    return torch.zeros(1, 3, *read_processor(folder).height_width)
