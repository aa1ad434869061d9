"""Weights to int8 in blocks that share a scale, computed in int8 block by block and row by row.

About half the bytes of fp32, for embeddings stay as they are. No int8 variant gives scores that are nearer.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from inference.convert.onnx.graph_nodes import exchange
from inference.convert.onnx.rounding import LARGEST_INT8, rounded_rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from inference.convert.onnx.graph_weights import GraphWeights

BLOCK = 128
"""Weights that share a scale; the largest for which ONNX Runtime computes in int8."""
DOMAIN = "com.microsoft"
COMPUTES_IN_INT8 = 4
"""``accuracy_level`` of ONNX Runtime's ``MatMulNBits``."""
MIDDLE = 128
"""What stands for zero in an unsigned byte."""


def quantize_blocks(model: Any, weights: GraphWeights, names: Collection[str]) -> None:
    """Rewrite the matrix products ``names`` of a model, in place."""
    from onnx.helper import make_node, make_opsetid

    if all(each.domain != DOMAIN for each in model.opset_import):
        model.opset_import.append(make_opsetid(DOMAIN, 1))
    blocks = cache(lambda name: _add_blocks(weights, name))

    def product(node: Any) -> list[Any]:
        rows, columns = weights.shape(node.input[1])
        new = make_node(
            "MatMulNBits",
            [node.input[0], *blocks(node.input[1])],
            [node.output[0]],
            name=node.name,
            domain=DOMAIN,
            K=rows,
            N=columns,
            bits=8,
            block_size=BLOCK,
            accuracy_level=COMPUTES_IN_INT8,
        )
        return [new]

    exchange(model, lambda node: node.name in names, product)


def _add_blocks(weights: GraphWeights, name: str) -> tuple[str, str]:
    """Names of a weight as bytes of shape (columns, blocks, BLOCK), and of each block's scale."""
    import numpy as np

    values = weights.read(name).T
    columns, rows = values.shape
    padded = np.zeros((columns, -(-rows // BLOCK) * BLOCK), np.float32)
    padded[:, :rows] = values
    rounded, scales = rounded_rows(padded.reshape(-1, BLOCK), LARGEST_INT8)
    table = (rounded.astype(np.int16) + MIDDLE).astype(np.uint8).reshape(columns, -1, BLOCK)
    return weights.add(f"{name}_blocks", table), weights.add(f"{name}_block_scales", scales[:, 0])
