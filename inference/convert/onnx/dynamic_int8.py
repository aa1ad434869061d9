"""Weights to int8, each channel with a scale of its own; activations are rounded when they come.

The nodes are those that ONNX Runtime fuses into one product (``DynamicQuantizeMatMul`` and
``MatMulIntegerToFloat``). Embeddings are not multiplied: they keep all eight bits and a scale for each row.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from inference.convert.onnx.graph_nodes import exchange
from inference.convert.onnx.rounding import LARGEST_IN_PRODUCT, LARGEST_INT8, rounded_rows

if TYPE_CHECKING:
    from collections.abc import Collection

    from inference.convert.onnx.graph_weights import GraphWeights

SMALLEST_TABLE = 1 << 16
"""Elements of an embedding that is worth it."""


def quantize_products(model: Any, weights: GraphWeights, names: Collection[str]) -> None:
    """Rewrite the matrix products ``names`` of a model, in place."""
    from onnx.helper import make_node

    channels = cache(lambda name: _add_channels(weights, name))
    rounded: set[str] = set()

    def product(node: Any) -> list[Any]:
        source, result = node.input[0], node.output[0]
        activation = [f"{source}_{part}" for part in ("quantized", "scale", "zero_point")]
        table, scale, zero = channels(node.input[1])
        summed, cast, both = (f"{result}_{part}" for part in ("sum", "cast", "scales"))
        nodes = [
            make_node("MatMulInteger", [activation[0], table, activation[2], zero], [summed]),
            make_node("Cast", [summed], [cast], to=1),
            make_node("Mul", [activation[1], scale], [both]),
            make_node("Mul", [cast, both], [result]),
        ]
        if source in rounded:
            return nodes
        rounded.add(source)
        return [make_node("DynamicQuantizeLinear", [source], activation), *nodes]

    exchange(model, lambda node: node.name in names, product)


def quantize_embeddings(model: Any, weights: GraphWeights) -> None:
    """Rewrite look-ups of rows in large fp32 tables: a row, and its scale."""
    from onnx.helper import make_node

    tables = cache(lambda name: _add_rows(weights, name))

    def look_up(node: Any) -> list[Any]:
        ids, result = node.input[1], node.output[0]
        table, scales = tables(node.input[0])
        row, cast, scale = (f"{result}_row{part}" for part in ("", "_cast", "_scale"))
        return [
            make_node("Gather", [table, ids], [row]),
            make_node("Cast", [row], [cast], to=1),
            make_node("Gather", [scales, ids], [scale]),
            make_node("Mul", [cast, scale], [result]),
        ]

    exchange(model, lambda node: _is_look_up(node, weights), look_up)


def _add_channels(weights: GraphWeights, name: str) -> tuple[str, str, str]:
    """Names of a weight's int8 form, of each column's scale and of its zero, which is always zero."""
    import numpy as np

    columns, scales = rounded_rows(weights.read(name).T, LARGEST_IN_PRODUCT)
    return (
        weights.add(f"{name}_quantized", columns.T),
        weights.add(f"{name}_scale", scales[:, 0]),
        weights.add(f"{name}_zero_point", np.zeros(len(scales), np.int8)),
    )


def _add_rows(weights: GraphWeights, name: str) -> tuple[str, str]:
    """Names of a table's int8 form and of each row's scale."""
    table, scales = rounded_rows(weights.read(name), LARGEST_INT8)
    return weights.add(f"{name}_rows", table), weights.add(f"{name}_row_scales", scales)


def _is_look_up(node: Any, weights: GraphWeights) -> bool:
    if node.op_type != "Gather" or any(item.name == "axis" and item.i != 0 for item in node.attribute):
        return False
    shape = weights.shape(node.input[0])
    large = len(shape) == 2 and shape[0] * shape[1] >= SMALLEST_TABLE
    return large and weights.is_fp32(node.input[0])
