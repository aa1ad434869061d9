"""How many of a graph's matrix products became integer: nothing in a quantizer says so by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.onnx.graph_nodes import exchange

if TYPE_CHECKING:
    from pathlib import Path

    from inference.convert.onnx.graph_weights import GraphWeights

INTEGER = ("DynamicQuantizeMatMul", "MatMulInteger", "MatMulIntegerToFloat", "MatMulNBits")
"""As they are written, and as ONNX Runtime fuses them."""
FLOAT = ("FusedGemm", "FusedMatMul", "Gemm", "MatMul")
SWAPPED = [1, 0]


def count_products(graph: Path) -> tuple[int, int]:
    """Integer products, and all products with a constant weight; a product that runs twice counts twice."""
    import onnx

    model = onnx.load(graph, load_external_data=False)
    constants = {item.name for item in model.graph.initializer}
    kinds = [node.op_type for node in model.graph.node if len(node.input) > 1 and node.input[1] in constants]
    integer = sum(kind in INTEGER for kind in kinds)
    return integer, integer + sum(kind in FLOAT for kind in kinds)


def told(graph: Path) -> str:
    """The count in words, for a manifest."""
    integer, every = count_products(graph)
    return f"int8: {integer} of {every} products"


def fold_transposes(model: Any, weights: GraphWeights) -> None:
    """Write weights that the graph transposes as they come out, so that their products have a constant.

    Seen in graphs of models that use a weight more than once, such as ALBERT's layers and tied output
    layers: quantizers take what a ``Transpose`` gives for an activation, and leave the product as it is.
    """
    folded: dict[str, str] = {}

    def is_folded(node: Any) -> bool:
        if node.op_type != "Transpose" or not weights.is_fp32(node.input[0]):
            return False
        order = [list(item.ints) for item in node.attribute if item.name == "perm"]
        return len(weights.shape(node.input[0])) == len(SWAPPED) and order in ([], [SWAPPED])

    def fold(node: Any) -> list[Any]:
        source, result = node.input[0], node.output[0]
        if source not in folded:
            folded[source] = weights.add(f"{source}_transposed", weights.read(source).T)
        renamed[result] = folded[source]
        return []

    renamed: dict[str, str] = {}
    exchange(model, is_folded, fold)
    for node in model.graph.node:
        for at, name in enumerate(node.input):
            node.input[at] = renamed.get(name, name)
