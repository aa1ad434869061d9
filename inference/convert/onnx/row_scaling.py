"""Scale every token's vector to one height before it is rounded to eight bits, and back after the product.

Dynamic quantization has one scale for a whole tensor, so one token with an outlier in it takes the precision
from all others, and a text's answer hangs on what stands beside it in the batch. With each row divided by its
largest value the one scale fits them all. Measured on two classifiers fine-tuned from MiniLM: half the mean
score difference of plain int8, at 0.7 times its speed and twice that of fp32 (128 tokens, 2 cores with VNNI).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.onnx.graph_nodes import exchange

if TYPE_CHECKING:
    from collections.abc import Collection

    from inference.convert.onnx.graph_weights import GraphWeights

AXIS = "row_scaling_axis"
LEAST = "row_scaling_least"
AXES_ARE_INPUTS = 18
"""Since this version of the operator set ReduceMax gets them so."""


def scale_rows(model: Any, weights: GraphWeights, names: Collection[str]) -> None:
    """Rewrite a model in place: ``x @ W`` becomes ``((x / s) @ W) * s`` in the matrix products ``names``.

    ``s`` is each row's largest magnitude; products of the same ``x`` share it.
    """
    import numpy as np
    from onnx.helper import make_node

    weights.add(LEAST, np.array(1e-9, np.float32))  # a row of zeros stays one
    axis: dict[str, Any] = {"axes": [-1]}
    if next(each.version for each in model.opset_import if each.domain == "") >= AXES_ARE_INPUTS:
        weights.add(AXIS, np.array([-1], np.int64))
        axis = {}
    scaled: set[str] = set()

    def product(node: Any) -> list[Any]:
        source, result = node.input[0], node.output[0]
        node.input[0], node.output[0] = f"{source}_scaled", f"{result}_scaled"
        nodes = [node, make_node("Mul", [f"{result}_scaled", f"{source}_height"], [result])]
        if source in scaled:
            return nodes
        scaled.add(source)
        return [*_scaling(source, axis), *nodes]

    exchange(model, lambda node: node.name in names, product)


def _scaling(source: str, axis: dict[str, Any]) -> list[Any]:
    from onnx.helper import make_node

    reduced = [f"{source}_magnitude"] if axis else [f"{source}_magnitude", AXIS]
    return [
        make_node("Abs", [source], [f"{source}_magnitude"]),
        make_node("ReduceMax", reduced, [f"{source}_largest"], keepdims=1, **axis),
        make_node("Max", [f"{source}_largest", LEAST], [f"{source}_height"]),
        make_node("Div", [source, f"{source}_height"], [f"{source}_scaled"]),
    ]
