"""Weights to int8 in blocks that share a scale, computed in int8 block by block and row by row.

Half as small as the other int8 forms are, for embeddings stay fp32; the most faithful of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from inference.convert.graph_weights import GraphWeights

BLOCK = 128
"""Weights that share a scale; the largest for which ONNX Runtime computes in int8."""
DOMAIN = "com.microsoft"
COMPUTES_IN_INT8 = 4
"""``accuracy_level`` of ONNX Runtime's ``MatMulNBits``."""
MIDDLE = 128
"""What stands for zero in an unsigned byte."""


def quantise_blocks(model: Any, weights: GraphWeights, names: Collection[str]) -> None:
    """Rewrite the matrix products ``names`` of a model, in place."""
    from onnx.helper import make_node, make_opsetid

    if all(each.domain != DOMAIN for each in model.opset_import):
        model.opset_import.append(make_opsetid(DOMAIN, 1))
    made: dict[str, tuple[str, str]] = {}
    nodes: list[Any] = []
    for node in model.graph.node:
        if node.name not in names:
            nodes.append(node)
            continue
        weight = node.input[1]
        if weight not in made:
            made[weight] = _add_blocks(weights, weight)
        rows, columns = weights.shape(weight)
        nodes.append(
            make_node(
                "MatMulNBits",
                [node.input[0], *made[weight]],
                [node.output[0]],
                name=node.name,
                domain=DOMAIN,
                K=rows,
                N=columns,
                bits=8,
                block_size=BLOCK,
                accuracy_level=COMPUTES_IN_INT8,
            )
        )
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def _add_blocks(weights: GraphWeights, name: str) -> tuple[str, str]:
    """Names of a weight as bytes of shape (columns, blocks, BLOCK), and of each block's scale."""
    import numpy as np

    from inference.convert.dynamic_int8 import EIGHT_BITS, rounded_rows

    values = weights.read(name).T
    columns, rows = values.shape
    padded = np.zeros((columns, -(-rows // BLOCK) * BLOCK), np.float32)
    padded[:, :rows] = values
    rounded, scales = rounded_rows(padded.reshape(-1, BLOCK), EIGHT_BITS)
    table = (rounded.astype(np.int16) + MIDDLE).astype(np.uint8).reshape(columns, -1, BLOCK)
    return weights.add(f"{name}_blocks", table), weights.add(f"{name}_block_scales", scales[:, 0])
