"""A repository's own graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.onnx import own_graph
from inference.engines.onnx.heads import head_class
from inference.engines.torch.encoder import PIXELS, input_names, load_model
from tests.support.models.vision import SIDE

if TYPE_CHECKING:
    from pathlib import Path


def add_graph(snapshot: Path, pipeline_tag: str, opset: int = 14) -> Path:
    """Put a graph into a repository as the usual exporter does: named axes, a batch of any size."""
    import torch

    model = load_model(snapshot, pipeline_tag, 1, "eager")
    names, outputs = input_names(model), head_class(pipeline_tag).OUTPUTS

    class Positional(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: Any) -> Any:
            result = self.model(**dict(zip(names, values, strict=True)))
            return tuple(result[name] for name in outputs)

    tokens = torch.ones(2, 9, dtype=torch.long)
    sample = tuple(torch.zeros(2, 3, SIDE, SIDE) if name == PIXELS else tokens.clone() for name in names)
    axes = {name: {0: "batch_size"} if name == PIXELS else {0: "batch_size", 1: "length"} for name in names}
    path = snapshot / own_graph.PATH
    path.parent.mkdir()
    torch.onnx.export(
        Positional().eval(),
        sample,
        str(path),
        dynamo=False,
        opset_version=opset,
        input_names=names,
        output_names=list(outputs),
        dynamic_axes={**axes, **{name: {0: "batch_size"} for name in outputs}},
    )
    return snapshot
