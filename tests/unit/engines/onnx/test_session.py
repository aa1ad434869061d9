"""A graph reads weights beside it and nowhere else: this is ONNX Runtime's promise, and it is held to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx import TensorProto, helper

from inference.engines.onnx.session import Session

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = np.arange(16, dtype=np.float32)


def write_graph(folder: Path, location: str) -> Path:
    """``y = x + w``, with the 16 numbers of ``w`` in another file."""
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[16])
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "64")):
        weights.external_data.add(key=key, value=value)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [16]) for name in "xy"]
    add = helper.make_node("Add", ["x", "w"], ["y"])
    graph = helper.make_graph([add], "g", ends[:1], ends[1:], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path = folder / "model.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "artifact"
    folder.mkdir()
    NUMBERS.tofile(tmp_path / "outside")
    NUMBERS.tofile(folder / "inside")
    (folder / "link").symlink_to(tmp_path / "outside")
    return folder


def test_weights_beside_the_graph_are_read(folder: Path) -> None:
    (found,) = Session(write_graph(folder, "inside"), 1)({"x": np.zeros(16, np.float32)})
    assert found.tolist() == NUMBERS.tolist()


@pytest.mark.parametrize(
    "location", ["../outside", "a/../../outside", "link", "absolute", "/proc/self/environ"]
)
def test_weights_outside_the_folder_are_not_read(folder: Path, location: str) -> None:
    location = str(folder.parent / "outside") if location == "absolute" else location
    with pytest.raises(Exception, match="External data path"):
        Session(write_graph(folder, location), 1)
