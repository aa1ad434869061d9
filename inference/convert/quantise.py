"""The forms of an ONNX graph, from fastest to most faithful.

All int8 weights use seven of their eight bits (``reduce_range``): processors without VNNI add pairs of
products in 16 bits, which full-range weights can overflow, so that answers would depend on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert.row_scaling import scale_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WIDENING = 3
"""A feed-forward block widens by four as a rule; attention does not widen at all."""


@dataclass(frozen=True)
class OnnxForm:
    """A name, and how to get from the exported graph to it."""

    name: str
    write: Callable[[Path, Path], None]


def forms(precision: str, graph: Path) -> list[OnnxForm]:
    """The forms to try for ``auto``, ``int8`` or ``fp32``; the last one is kept whatever it measures.

    Convolutions stay fp32 in every form: in int8 they would need scales that are known beforehand. So a graph
    that is mostly convolutions has no other form worth a try.
    """
    int8 = OnnxForm("int8", _all_int8)
    every = [
        int8,
        OnnxForm("int8-rows", _rows),
        OnnxForm("int8-rows-narrow", _narrow_rows),
        OnnxForm("int8-blockwise", _blockwise),
        OnnxForm("fp32", _optimised),
    ]
    if precision == "auto" and _is_convolutional(graph):
        return every[-1:]
    return {"auto": every, "int8": [int8], "fp32": every[-1:]}[precision]


def _all_int8(graph: Path, target: Path) -> None:
    _dynamic(graph, target, lambda rows, columns: True)


def _rows(graph: Path, target: Path) -> None:
    _dynamic(graph, target, lambda rows, columns: True, scales_rows=True)


def _narrow_rows(graph: Path, target: Path) -> None:
    """The widening half of each feed-forward block stays fp32: its outliers cost most labels (measured)."""
    _dynamic(graph, target, lambda rows, columns: columns < WIDENING * rows, scales_rows=True)


def _dynamic(
    graph: Path, target: Path, is_quantised: Callable[[int, int], bool], *, scales_rows: bool = False
) -> None:
    """Weights to int8 per channel, activations at run time, where the weight's shape is chosen."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(graph)
    weights = _weights(model)
    kept = [name for name, (rows, columns) in weights.items() if not is_quantised(rows, columns)]
    if scales_rows:
        scale_rows(model, weights.keys() - set(kept))
    quantize_dynamic(
        model,
        target,
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[
            *(node.name for node in model.graph.node if node.op_type == "Conv"),
            *kept,
        ],
        extra_options={"MatMulConstBOnly": True},
    )
    _optimise(target)


def _blockwise(graph: Path, target: Path) -> None:
    """Eight bits in blocks of 128, computed in int8 with a scale for each block and row."""
    import onnx
    from onnxruntime.quantization.matmul_nbits_quantizer import (
        DefaultWeightOnlyQuantConfig,
        MatMulNBitsQuantizer,
    )

    config = DefaultWeightOnlyQuantConfig(block_size=128, is_symmetric=True, accuracy_level=4, bits=8)
    quantizer = MatMulNBitsQuantizer(onnx.load(graph), algo_config=config)
    quantizer.process()
    quantizer.model.save_model_to_file(str(target))
    _optimise(target)


def _optimised(graph: Path, target: Path) -> None:
    import shutil

    shutil.copyfile(graph, target)
    _optimise(target)


def _optimise(path: Path) -> None:
    """Fuse now what every load would fuse again; only what holds on any processor."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 3
    fused = path.with_suffix(".fused")
    options.optimized_model_filepath = str(fused)
    ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    fused.rename(path)


def _is_convolutional(graph: Path) -> bool:
    """Whether convolutions have more weights than matrix products."""
    import math

    import onnx

    model = onnx.load(graph)
    shapes = {item.name: tuple(item.dims) for item in model.graph.initializer}
    kernels = [shapes.get(node.input[1], ()) for node in model.graph.node if node.op_type == "Conv"]
    return sum(map(math.prod, kernels)) > sum(map(math.prod, _weights(model).values()))


def _weights(model: Any) -> dict[str, tuple[int, int]]:
    """Node name -> (rows, columns) of every matrix product with a constant weight."""
    shapes = {item.name: tuple(item.dims) for item in model.graph.initializer}
    return {
        node.name: (shapes[node.input[1]][0], shapes[node.input[1]][1])
        for node in model.graph.node
        if node.op_type == "MatMul" and len(shapes.get(node.input[1], ())) == 2
    }
