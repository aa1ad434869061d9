"""The variants of an ONNX graph, from fastest to most faithful.

Weights in products use seven bits in the dynamic variants: processors without VNNI add pairs of products in
16 bits, which full-range weights can overflow, so that answers would depend on the machine.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.convert.onnx.blockwise_int8 import quantize_blocks
from inference.convert.onnx.dynamic_int8 import quantize_embeddings, quantize_products
from inference.convert.onnx.graph_weights import edited
from inference.convert.onnx.product_count import fold_transposes
from inference.convert.onnx.row_scaling import scale_rows
from inference.convert.recipe import Variant
from inference.engines.onnx.session import data_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WIDENING = 3
"""A feed-forward block widens by four as a rule; attention does not widen at all."""


@dataclass(frozen=True)
class OnnxVariant(Variant):
    """How to get from the exported graph to it."""

    write: Callable[[Path, Path], None]


def variants_of(precision: str, graph: Path) -> list[OnnxVariant]:
    """The variants to try for ``auto``, ``int8`` or ``fp32``; the last one is kept whatever it measures.

    Convolutions stay fp32 in every variant: in int8 they would need scales that are known beforehand.
    So a graph that is mostly convolutions has no other variant worth a try.
    """
    int8 = OnnxVariant("int8", _all_int8)
    every = [
        int8,
        OnnxVariant("int8-rows", _rows),
        OnnxVariant("int8-rows-narrow", _narrow_rows),
        OnnxVariant("int8-blockwise", _blockwise),
        OnnxVariant("fp32", _optimize),
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
    graph: Path, target: Path, is_quantized: Callable[[int, int], bool], *, scales_rows: bool = False
) -> None:
    """Weights to int8 per channel, activations at run time, where the weight's shape is chosen."""
    with _prepared(graph, target) as prepared, edited(graph, prepared) as (model, weights):
        fold_transposes(model, weights)
        names = {name for name, shape in products(model).items() if is_quantized(*shape)}
        if scales_rows:
            scale_rows(model, weights, names)
        quantize_products(model, weights, names)
        quantize_embeddings(model, weights)


def _blockwise(graph: Path, target: Path) -> None:
    with _prepared(graph, target) as prepared, edited(graph, prepared) as (model, weights):
        fold_transposes(model, weights)
        quantize_blocks(model, weights, products(model).keys())


@contextmanager
def _prepared(graph: Path, target: Path) -> Iterator[Path]:
    """Where to write the changed graph, which is optimized into the target; it goes, however this ends."""
    prepared = graph.with_name("prepared.onnx")
    try:
        yield prepared
        _optimize(prepared, target)
    finally:
        for path in (prepared, data_of(prepared)):
            path.unlink(missing_ok=True)


def _optimize(source: Path, target: Path) -> None:
    """Fuse now what every load would fuse again; only what holds on any processor.

    The weights go to a file of their own: a session maps it, where it would copy what the graph holds.
    """
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_prepacking", "1")  # this session never runs
    options.add_session_config_entry(
        "session.optimized_model_external_initializers_file_name", data_of(target).name
    )
    options.optimized_model_filepath = str(target)
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def products(model: Any) -> dict[str, tuple[int, int]]:
    """Node name -> (rows, columns) of every matrix product with a constant weight."""
    shapes = {item.name: item.dims for item in model.graph.initializer}
    return {
        node.name: (shapes[node.input[1]][0], shapes[node.input[1]][1])
        for node in model.graph.node
        if node.op_type == "MatMul" and len(shapes.get(node.input[1], ())) == 2
    }


def _is_convolutional(graph: Path) -> bool:
    """Whether convolutions have more weights than matrix products."""
    import math

    import onnx

    model = onnx.load(graph, load_external_data=False)
    shapes = {item.name: tuple(item.dims) for item in model.graph.initializer}
    kernels = [shapes.get(node.input[1], ()) for node in model.graph.node if node.op_type == "Conv"]
    return sum(map(math.prod, kernels)) > sum(map(math.prod, products(model).values()))
