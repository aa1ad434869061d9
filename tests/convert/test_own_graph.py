"""A repository's own ``onnx/model.onnx``: used where it is right, and harmless where it is not."""

from __future__ import annotations

import ctypes
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from inference.convert.onnx import own_graph
from inference.convert.proofs import pictures as proof_pictures
from inference.engines.engine import Unsupported
from inference.engines.onnx.engine import load as load_engine
from inference.task import Call
from tests.support.models.heads import TEXTS, converted, make_model
from tests.support.models.own_graph import add_graph
from tests.support.models.vision import SIDE, make_vision_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TAG = "text-classification"
OUTPUTS = ("logits",)
PICTURES = tuple(proof_pictures.read()[:6])

pytestmark = pytest.mark.filterwarnings("default")  # torch's older exporter warns that it is older


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_graph(make_model(tmp_path_factory.mktemp("original"), TAG, "bert"), TAG)


@pytest.fixture
def repository(original: Path, tmp_path: Path) -> Path:
    return shutil.copytree(original, tmp_path / "repository")


def change(repository: Path, edit: Callable[[onnx.ModelProto], None]) -> None:
    path = repository / own_graph.PATH
    model = onnx.load(path)
    edit(model)
    path.write_bytes(model.SerializeToString())


def adopt(repository: Path, size: tuple[int, int] | None = None) -> onnx.ModelProto:
    target = repository / "adopted.onnx"
    own_graph.adopt(repository / own_graph.PATH, target, OUTPUTS, size)
    return onnx.load(target)


QUESTION = {"question": "Where did Maria move?", "context": TEXTS[1]}


@pytest.mark.parametrize(
    ("tag", "family", "opset", "inputs"),
    [
        (TAG, "bert", 11, tuple(TEXTS)),
        (TAG, "distilbert", 18, tuple(TEXTS)),
        ("feature-extraction", "roberta", 14, tuple(TEXTS)),
        ("question-answering", "bert", 14, (QUESTION,)),
        ("image-classification", "vit", 14, PICTURES),
    ],
    ids=["labels", "a later opset", "embeddings", "answers", "pictures"],
)
@pytest.mark.sliced(2)
def test_it_is_used_and_gives_the_answers_of_an_export_of_ours(
    tag: str, family: str, opset: int, inputs: tuple[Any, ...], tmp_path: Path
) -> None:
    make = make_vision_model if family == "vit" else lambda at, kind: make_model(at, tag, kind)
    snapshot = make(tmp_path / "model", family)
    ours = converted(snapshot, tag, tmp_path / "ours", "fp32", inputs)
    assert ours.manifest.reason.startswith("graph exported here; ")
    add_graph(snapshot, tag, opset)
    theirs = converted(snapshot, tag, tmp_path / "theirs", "fp32", inputs)
    assert theirs.manifest.reason.startswith("graph of the repository's own; ")
    assert ours.manifest.files.keys() == theirs.manifest.files.keys()
    answers = [
        load_engine(one, tag, 1).run(Call(list(inputs), {}, is_list=True)).results for one in (ours, theirs)
    ]
    assert numbers(answers[0]) == pytest.approx(numbers(answers[1]), abs=1e-4)


def numbers(value: Any) -> list[float]:
    """All numbers in an answer, in order; labels are in the order of their scores."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, int | float) else []


def test_the_faster_forms_are_made_from_it(repository: Path, tmp_path: Path) -> None:
    artifact = converted(repository, TAG, tmp_path / "artifacts", "int8")
    assert artifact.manifest.reason.startswith("graph of the repository's own")
    kinds = {node.op_type for node in onnx.load(artifact.folder / "model.onnx").graph.node}
    assert kinds & {"MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulInteger"}
    assert artifact.manifest.drift["mean_score_difference"] < 0.05


def test_outputs_that_no_head_asks_for_are_left_out(repository: Path) -> None:
    def edit(model: onnx.ModelProto) -> None:
        extra = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, None)
        model.graph.node.append(helper.make_node("Identity", ["logits"], ["hidden"]))
        model.graph.output.insert(0, extra)

    change(repository, edit)
    assert [item.name for item in adopt(repository).graph.output] == ["logits"]


def weights_elsewhere(tensor: TensorProto, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.ClearField("float_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "8")):
        tensor.external_data.add(key=key, value=value)


def external_weight(model: onnx.ModelProto) -> None:
    weights_elsewhere(model.graph.initializer[0], "model.onnx_data")


def external_constant(model: onnx.ModelProto) -> None:
    tensor = helper.make_tensor("value", TensorProto.FLOAT, [2], [1.0, 2.0])
    weights_elsewhere(tensor, "../../secret")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["unused"], value=tensor))


def external_sparse(model: onnx.ModelProto) -> None:
    values = helper.make_tensor("values", TensorProto.FLOAT, [1], [1.0])
    places = helper.make_tensor("places", TensorProto.INT64, [1], [0])
    weights_elsewhere(values, "/etc/hostname")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [4]))


def external_named_but_inside(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].external_data.add(key="location", value="../../secret")


def custom_operator(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Run", ["logits"], ["more"], domain="evil.example"))


def contributed_operator(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def own_function(model: onnx.ModelProto) -> None:
    node = helper.make_node("Identity", ["x"], ["y"])
    opset = [helper.make_opsetid("", 14)]
    model.functions.append(helper.make_function("", "Mine", ["x"], ["y"], [node], opset))


def branch(model: onnx.ModelProto) -> None:
    value = helper.make_tensor_value_info("b", TensorProto.FLOAT, [1])
    constant = helper.make_tensor("c", TensorProto.FLOAT, [1], [1.0])
    body = helper.make_graph([helper.make_node("Constant", [], ["b"], value=constant)], "body", [], [value])
    model.graph.node.append(helper.make_node("If", ["never"], ["result"], then_branch=body, else_branch=body))


def another_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1]))


def no_tokens(model: onnx.ModelProto) -> None:
    model.graph.input.remove(next(item for item in model.graph.input if item.name == "input_ids"))


def fixed_length(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 128


def fixed_batch(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 8


def narrow_tokens(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.INT32


def renamed_output(model: onnx.ModelProto) -> None:
    model.graph.output[0].name = "scores"


def half_precision(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT16


def old_operators(model: onnx.ModelProto) -> None:
    model.opset_import[0].version = 9


UNFIT = [
    (external_weight, "weights stand in other files"),
    (external_constant, "weights stand in other files"),
    (external_sparse, "weights stand in other files"),
    (external_named_but_inside, "weights stand in other files"),
    (custom_operator, "operators beyond ONNX's own: evil.example"),
    (contributed_operator, "operators beyond ONNX's own: com.microsoft"),
    (own_function, "functions of its own"),
    (branch, "branches or loops"),
    (another_input, "an input that heads do not give: pixels"),
    (no_tokens, "takes no input_ids"),
    (fixed_length, "input_ids is of another type or shape"),
    (fixed_batch, "input_ids is of another type or shape"),
    (narrow_tokens, "input_ids is of another type or shape"),
    (renamed_output, "gives no logits"),
    (half_precision, "not fp32"),
    (old_operators, "older than opset 11"),
]


@pytest.mark.parametrize(("edit", "words"), UNFIT, ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_unfit_is_named(
    edit: Callable[[onnx.ModelProto], None], words: str, repository: Path
) -> None:
    adopt(repository)
    change(repository, edit)
    with pytest.raises(Unsupported, match=words):
        adopt(repository)


@pytest.mark.parametrize("data", [b"", b"not a graph", b"\x08\x08" * 50], ids=["empty", "text", "noise"])
def test_what_is_no_graph_is_refused(repository: Path, data: bytes) -> None:
    (repository / own_graph.PATH).write_bytes(data)
    with pytest.raises(Unsupported):
        adopt(repository)


def test_a_graph_that_was_cut_off_is_refused(repository: Path) -> None:
    path = repository / own_graph.PATH
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(Unsupported, match="no ONNX file"):
        adopt(repository)


def test_pictures_of_another_size_are_refused(tmp_path: Path) -> None:
    snapshot = add_graph(make_vision_model(tmp_path / "model", "vit"), "image-classification")
    adopt(snapshot, (SIDE, SIDE))
    with pytest.raises(Unsupported, match="pixel_values is of another type or shape"):
        adopt(snapshot, (SIDE, SIDE + 8))
    with pytest.raises(Unsupported, match="do not give: pixel_values"):
        adopt(snapshot)


def other_answers(model: onnx.ModelProto) -> None:
    """As of another training of the same model."""
    bias = next(item for item in model.graph.initializer if item.name == "model.classifier.bias")
    bias.CopyFrom(helper.make_tensor(bias.name, TensorProto.FLOAT, bias.dims, [9.0, -9.0]))


def wrong_on_running(model: onnx.ModelProto) -> None:
    """A sum of shapes that never fit."""
    constant = helper.make_tensor("c", TensorProto.FLOAT, [77], [0.0] * 77)
    model.graph.node[-1].output[0] = "before"
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=constant))
    model.graph.node.append(helper.make_node("Add", ["before", "c"], ["logits"]))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (other_answers, "it does not answer as torch does"),
        (wrong_on_running, "it cannot be used"),
        (fixed_length, "its input_ids is of another"),
    ],
    ids=["other answers", "an error", "unfit"],
)
def test_we_export_ourselves_where_it_is_not_right(
    edit: Callable[[onnx.ModelProto], None], words: str, repository: Path, tmp_path: Path
) -> None:
    change(repository, edit)
    artifact = converted(repository, TAG, tmp_path / "artifacts", "fp32")
    assert artifact.manifest.reason.startswith("graph exported here, for the repository's own was not used: ")
    assert words in artifact.manifest.reason
    assert artifact.manifest.drift["max_score_difference"] < 1e-4
    assert not {name for name in artifact.manifest.files if "onnx" in name} - {
        "model.onnx",
        "model.onnx.data",
    }


@contextmanager
def watched(path: Path) -> Iterator[Callable[[], int]]:
    """How often any process has opened or read a file, as the kernel tells."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK)
    opened_or_read = 0x20 | 0x1
    assert libc.inotify_add_watch(descriptor, os.fsencode(path), opened_or_read) > 0

    def count() -> int:
        try:
            return len(os.read(descriptor, 65536)) // 16
        except BlockingIOError:
            return 0

    try:
        yield count
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("absolute", [False, True], ids=["a way out", "an absolute path"])
def test_weights_elsewhere_are_never_opened(repository: Path, tmp_path: Path, absolute: bool) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(np.ones(100_000, np.float32).tobytes())

    def edit(model: onnx.ModelProto) -> None:
        for tensor in model.graph.initializer:
            weights_elsewhere(tensor, str(secret) if absolute else "../../secret")

    change(repository, edit)
    with watched(secret) as count:
        artifact = converted(repository, TAG, tmp_path / "artifacts", "fp32")
        assert count() == 0
        assert secret.stat().st_size == 400_000
        secret.read_bytes()
        assert count() > 0  # so it would have been seen
    assert "its weights stand in other files" in artifact.manifest.reason
