"""The forms of a graph: near fp32, safe without VNNI, and made in little memory."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from inference.convert.onnx import variants
from inference.convert.onnx.dynamic_int8 import quantize_products
from inference.convert.onnx.graph_weights import GraphWeights, edited
from inference.convert.onnx.product_count import count_products
from inference.convert.onnx.rounding import LARGEST_IN_PRODUCT, LARGEST_INT8, rounded_rows
from inference.engines.onnx.session import data_of
from tests.support.models.heads import converted, make_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WORDS, WIDTH, COLUMNS = 2048, 192, 320
VARIANTS = ("int8", "int8-rows", "int8-rows-narrow", "int8-blockwise", "fp32")
PARTS = (0.75, 0.75, 0.75, 2.5, 2.5)


def save_graph(path: Path, words: int = WORDS, width: int = WIDTH, columns: int = COLUMNS) -> None:
    """ids -> embedding -> a product -> the same product's transpose; weights in a file beside the graph."""
    rng = np.random.default_rng(11)
    table = rng.standard_normal((words, width), np.float32) * rng.uniform(0.1, 5, (words, 1)).astype(
        np.float32
    )
    up = rng.standard_normal((width, columns), np.float32) / np.float32(np.sqrt(width))
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"], name="look_up"),
        helper.make_node("MatMul", ["rows", "up"], ["wide"], name="up"),
        helper.make_node("Tanh", ["wide"], ["bent"], name="bend"),
        helper.make_node("MatMul", ["bent", "down"], ["result"], name="down"),
    ]
    values = {"table": table, "up": up, "down": np.ascontiguousarray(up.T)}
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, [1, "tokens", width])],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save_model(model, path, save_as_external_data=True, location=data_of(path).name)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    path = tmp_path / "graph.onnx"
    save_graph(path)
    return path


def written(graph: Path, name: str) -> Path:
    target = graph.with_name("form.onnx")
    (variant,) = (variant for variant in variants.variants_of("auto", graph) if variant.name == name)
    variant.write(graph, target)
    return target


def run(path: Path) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    result: NDArray[np.float32] = session.run(None, {"ids": np.arange(0, WORDS, 40)[None]})[0]
    return result


@pytest.mark.parametrize("name", VARIANTS)
def test_a_form_is_near_fp32_and_leaves_no_other_file(graph: Path, name: str) -> None:
    exact, found = run(graph), run(written(graph, name))
    error = np.abs(found - exact).mean() / np.abs(exact).mean()
    assert error < (1e-5 if name == "fp32" else 0.03)
    files = {path.name for path in graph.parent.iterdir()}
    assert files == {"graph.onnx", "graph.onnx.data", "form.onnx", "form.onnx.data"}


@pytest.mark.parametrize("name", VARIANTS[:2])
def test_products_have_seven_bits_and_embeddings_a_scale_a_row(graph: Path, name: str) -> None:
    model = onnx.load(written(graph, name))
    tables = [numpy_helper.to_array(each) for each in model.graph.initializer if len(each.dims) == 2]
    rounded = {table.shape: table for table in tables if table.dtype == np.int8}
    assert rounded.keys() == {(WORDS, WIDTH), (WIDTH, COLUMNS), (COLUMNS, WIDTH)}
    assert np.abs(rounded[WIDTH, COLUMNS].astype(int)).max() == LARGEST_IN_PRODUCT
    assert (np.abs(rounded[WORDS, WIDTH].astype(int)).max(axis=1) == LARGEST_INT8).all()
    kinds = {node.op_type for node in model.graph.node}
    assert kinds & {"DynamicQuantizeMatMul", "MatMulIntegerToFloat"}
    assert "MatMul" not in kinds


def test_a_matrix_that_several_products_share_is_rounded_once(tmp_path: Path) -> None:
    path, target = tmp_path / "graph.onnx", tmp_path / "edited.onnx"
    save_graph(path)
    with edited(path, target) as (model, weights):
        model.graph.node.append(helper.make_node("MatMul", ["rows", "up"], ["again"], name="again"))
        quantize_products(model, weights, {"up", "again"})
    names = [each.name for each in onnx.load(target, load_external_data=False).graph.initializer]
    assert names.count("up_quantized") == 1
    assert "up" not in names


def test_rows_of_zeros_stay_zeros() -> None:
    table = np.zeros((3, 4), np.float32)
    table[1] = [1, -2, 0.5, 0]
    rounded, scales = rounded_rows(table, LARGEST_INT8)
    assert (rounded[[0, 2]] == 0).all()
    assert rounded * scales == pytest.approx(table, abs=2 / LARGEST_INT8)


MAKE = """
import resource, sys
from pathlib import Path
import numpy, onnx, onnxruntime
from inference.convert.onnx import variants

graph = Path(sys.argv[1])
(variant,) = (variant for variant in variants.variants_of("auto", graph) if variant.name == sys.argv[2])
onnxruntime.InferenceSession(sys.argv[3])  # the library's own threads and arenas
data = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData"))
bound = int(data.split()[1]) * 1024 + int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
variant.write(graph, graph.with_name("form.onnx"))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the bound is the kernel's")
@pytest.mark.parametrize(("name", "part"), [*zip(VARIANTS, PARTS, strict=True)])
def test_a_form_is_made_in_a_part_of_the_memory_that_the_weights_take(
    tmp_path: Path, name: str, part: float
) -> None:
    """Where much stays fp32, ONNX Runtime copies it while it writes."""
    small, large = tmp_path / "small.onnx", tmp_path / "large.onnx"
    save_graph(small)
    save_graph(large, words=40_000, width=1024, columns=4096)
    bound = int(data_of(large).stat().st_size * part)
    command: list[Any] = [sys.executable, "-c", MAKE, large, name, small, bound]
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.filterwarnings("default")  # torch's exporter has some of its own
def test_a_form_that_does_not_fit_into_memory_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = variants.variants_of

    def hungry(graph: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise RuntimeError("std::bad_alloc")  # as ONNX Runtime says it

    def variants_of(precision: str, graph: Path) -> list[variants.OnnxVariant]:
        return [variants.OnnxVariant("int8", hungry), *real(precision, graph)[-1:]]

    monkeypatch.setattr(variants, "variants_of", variants_of)
    snapshot = make_model(tmp_path / "model", "text-classification", "bert")
    artifact = converted(snapshot, "text-classification", tmp_path / "artifacts", "auto")
    assert artifact.manifest.precision == "fp32"
    assert "over it: int8" in artifact.manifest.reason
    assert artifact.manifest.files.keys() >= {"model.onnx", "model.onnx.data"}
    assert not any("prepared" in name for name in artifact.manifest.files)


@pytest.mark.filterwarnings("default")  # torch's exporter has some of its own
def test_memory_that_no_form_fits_into_ends_the_conversion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(graph: Path, target: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(variants, "variants_of", lambda *_: [variants.OnnxVariant("fp32", hungry)])
    snapshot = make_model(tmp_path / "model", "text-classification", "bert")
    with pytest.raises(MemoryError):
        converted(snapshot, "text-classification", tmp_path / "artifacts", "auto")


@pytest.mark.parametrize(("name", "integer"), [("int8", 2), ("int8-blockwise", 2), ("fp32", 0)])
def test_integer_products_are_counted(graph: Path, name: str, integer: int) -> None:
    assert count_products(written(graph, name)) == (integer, 2)


def test_a_weight_that_is_used_twice_becomes_integer_in_both_products(graph: Path) -> None:
    """As in tied output layers: the second product gets the same weight through a ``Transpose``."""
    tied = graph.with_name("tied.onnx")
    with edited(graph, tied) as (model, _):
        down = next(node for node in model.graph.node if node.name == "down")
        down.input[1] = "up_turned"
        at = list(model.graph.node).index(down)
        model.graph.node.insert(at, helper.make_node("Transpose", ["up"], ["up_turned"], perm=[1, 0]))
    exact = run(tied)
    for name in ("int8", "int8-blockwise"):
        form = written(tied, name)
        assert count_products(form) == (2, 2)
        error = np.abs(run(form) - exact).mean() / np.abs(exact).mean()
        assert error < 0.05


@pytest.mark.parametrize("shape", ["transposed", "sliced", "Fortran", "contiguous"])
def test_a_weight_is_written_as_it_reads_however_it_lies_in_memory(tmp_path: Path, shape: str) -> None:
    rng = np.random.default_rng(5)
    plain = rng.standard_normal((64, 48), np.float32)
    values = {
        "transposed": plain.T,
        "sliced": plain[::2, 5:],
        "Fortran": np.asfortranarray(plain),
        "contiguous": plain,
    }[shape]
    model = onnx.ModelProto()
    with (tmp_path / "weights").open("wb") as file:
        weights = GraphWeights(model, tmp_path, file, "weights")
        weights.add("large", values)
        weights.add("small", values[:3, :5])
    assert np.array_equal(weights.read("large"), values)
    assert np.array_equal(weights.read("small"), values[:3, :5])
