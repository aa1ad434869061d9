"""Rows scaled before rounding: the same in fp32, better in int8, whatever else is in the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest

from inference.convert.onnx import variants
from inference.convert.onnx.graph_weights import edited
from inference.convert.onnx.row_scaling import scale_rows

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, COLUMNS = 64, 32


def two_products(opset: int) -> Any:
    """A graph with two products of the same rows, added."""
    rng = np.random.default_rng(3)
    weights = [
        onnx.numpy_helper.from_array(rng.standard_normal((WIDTH, COLUMNS), np.float32), name)
        for name in ("one", "other")
    ]
    nodes = [
        onnx.helper.make_node("MatMul", ["rows", name], [f"{name}_out"], name=f"product_{name}")
        for name in ("one", "other")
    ]
    nodes.append(onnx.helper.make_node("Add", ["one_out", "other_out"], ["sum"]))
    floats = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "products",
        [onnx.helper.make_tensor_value_info("rows", floats, ["batch", "tokens", WIDTH])],
        [onnx.helper.make_tensor_value_info("sum", floats, ["batch", "tokens", COLUMNS])],
        weights,
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def run(model: Any, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """``model`` is a model or the file of one."""
    source = model.SerializeToString() if hasattr(model, "SerializeToString") else str(model)
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    result: NDArray[np.float32] = session.run(None, {"rows": rows})[0]
    return result


def scaled_products(opset: int, names: set[str], folder: Path) -> Any:
    """The same graph with the rows of some products scaled."""
    graph, target = folder / "plain.onnx", folder / "edited.onnx"
    onnx.save(two_products(opset), graph)
    with edited(graph, target) as (model, weights):
        scale_rows(model, weights, names)
    onnx.checker.check_model(target)
    return target


def rows_with_an_outlier() -> NDArray[np.float32]:
    rows = np.random.default_rng(5).standard_normal((2, 3, WIDTH), np.float32)
    rows[1, 2, 7] = 400.0
    rows[0, 1] = 0.0
    return rows


def operators(graph: Path) -> list[str]:
    return [node.op_type for node in onnx.load(graph, load_external_data=False).graph.node]


@pytest.mark.parametrize("opset", [13, 17, 18, 20])
def test_the_product_is_the_same_in_fp32(opset: int, tmp_path: Path) -> None:
    scaled, rows = scaled_products(opset, {"product_one", "product_other"}, tmp_path), rows_with_an_outlier()
    assert operators(scaled).count("Div") == 1  # one scale for both
    assert run(scaled, rows) == pytest.approx(run(two_products(opset), rows), rel=1e-5, abs=1e-3)


def test_products_that_are_not_named_stay_as_they_are(tmp_path: Path) -> None:
    scaled, rows = scaled_products(18, {"product_one"}, tmp_path), rows_with_an_outlier()
    assert operators(scaled).count("Mul") == 1
    assert run(scaled, rows) == pytest.approx(run(two_products(18), rows), rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("opset", [13, 18])
def test_an_outlier_costs_no_other_row_its_precision(opset: int, tmp_path: Path) -> None:
    graph, rows = tmp_path / "graph.onnx", rows_with_an_outlier()
    onnx.save(two_products(opset), graph)
    exact = run(graph, rows)
    plain, scaled = (
        variant for variant in variants.variants_of("auto", graph) if variant.name in ("int8", "int8-rows")
    )
    plain.write(graph, tmp_path / "plain.onnx")
    scaled.write(graph, tmp_path / "scaled.onnx")

    def error(found: NDArray[np.float32]) -> float:
        return float(np.abs(found - exact)[:1].mean())  # of the text without the outlier

    together, alone = run(tmp_path / "scaled.onnx", rows), run(tmp_path / "scaled.onnx", rows[:1])
    assert error(together) < 0.2 < 5 * error(together) < error(run(tmp_path / "plain.onnx", rows))
    assert together[:1] == pytest.approx(alone, abs=0.2)
    assert (together[0, 1] == 0).all()
