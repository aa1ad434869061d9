"""Weights to int8, each channel with a scale of its own; activations are rounded when they come.

The nodes are those that ONNX Runtime fuses into one product (``DynamicQuantizeMatMul`` and
``MatMulIntegerToFloat``). Embeddings are not multiplied: they keep all eight bits and a scale for each row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

    from inference.convert.graph_weights import GraphWeights

SEVEN_BITS = 64
"""The largest magnitude of a weight in a product: a sum of two products then fits into 16 bits."""
EIGHT_BITS = 127
ROWS_AT_ONCE = 1024
"""Rounded together: a whole matrix would take its size several times over."""
SMALLEST_TABLE = 1 << 16
"""Elements of an embedding that is worth it."""


def quantise_products(model: Any, weights: GraphWeights, names: Collection[str]) -> None:
    """Rewrite the matrix products ``names`` of a model, in place."""
    from onnx.helper import make_node

    nodes: list[Any] = []
    rounded: set[str] = set()
    made: dict[str, tuple[str, str, str]] = {}
    for node in model.graph.node:
        if node.name not in names:
            nodes.append(node)
            continue
        source, weight, result = node.input[0], node.input[1], node.output[0]
        activation = [f"{source}_{part}" for part in ("quantized", "scale", "zero_point")]
        if source not in rounded:
            rounded.add(source)
            nodes.append(make_node("DynamicQuantizeLinear", [source], activation))
        if weight not in made:
            made[weight] = _add_channels(weights, weight)
        table, scale, zero = made[weight]
        summed, cast, both = (f"{result}_{part}" for part in ("sum", "cast", "scales"))
        nodes += [
            make_node("MatMulInteger", [activation[0], table, activation[2], zero], [summed]),
            make_node("Cast", [summed], [cast], to=1),
            make_node("Mul", [activation[1], scale], [both]),
            make_node("Mul", [cast, both], [result]),
        ]
    _replace(model, nodes)


def quantise_embeddings(model: Any, weights: GraphWeights) -> None:
    """Rewrite look-ups of rows in large fp32 tables: a row, and its scale."""
    from onnx.helper import make_node

    nodes: list[Any] = []
    made: dict[str, tuple[str, str]] = {}
    for node in model.graph.node:
        if not _is_look_up(node, weights):
            nodes.append(node)
            continue
        name, ids, result = node.input[0], node.input[1], node.output[0]
        if name not in made:
            table, scales = rounded_rows(weights.read(name), EIGHT_BITS)
            made[name] = weights.add(f"{name}_rows", table), weights.add(f"{name}_row_scales", scales)
        rows, cast, scale = (f"{result}_row{part}" for part in ("", "_cast", "_scale"))
        nodes += [
            make_node("Gather", [made[name][0], ids], [rows]),
            make_node("Cast", [rows], [cast], to=1),
            make_node("Gather", [made[name][1], ids], [scale]),
            make_node("Mul", [cast, scale], [result]),
        ]
    _replace(model, nodes)


def rounded_rows(table: NDArray[np.float32], most: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix as int8 of magnitude ``most`` at most, and the scale of each row, of shape (rows, 1)."""
    import numpy as np

    rounded, scales = np.empty(table.shape, np.int8), np.ones((len(table), 1), np.float32)
    for begin in range(0, len(table), ROWS_AT_ONCE):
        part = slice(begin, begin + ROWS_AT_ONCE)
        height = np.abs(table[part]).max(axis=1, keepdims=True)
        scales[part] = np.where(height > 0, height / most, 1.0)
        rounded[part] = np.rint(table[part] / scales[part])
    return rounded, scales


def _add_channels(weights: GraphWeights, name: str) -> tuple[str, str, str]:
    """Names of a weight's int8 form, of each column's scale and of its zero, which is always zero."""
    import numpy as np

    columns, scales = rounded_rows(weights.read(name).T, SEVEN_BITS)
    return (
        weights.add(f"{name}_quantized", columns.T),
        weights.add(f"{name}_scale", scales[:, 0]),
        weights.add(f"{name}_zero_point", np.zeros(len(scales), np.int8)),
    )


def _is_look_up(node: Any, weights: GraphWeights) -> bool:
    if node.op_type != "Gather" or any(item.name == "axis" and item.i != 0 for item in node.attribute):
        return False
    shape = weights.shape(node.input[0])
    large = len(shape) == 2 and shape[0] * shape[1] >= SMALLEST_TABLE
    return large and weights.is_fp32(node.input[0])


def _replace(model: Any, nodes: list[Any]) -> None:
    del model.graph.node[:]
    model.graph.node.extend(nodes)
