#!/usr/bin/env bash
# A NaN in the activations comes out of a dynamically quantised model as a plain number, and may spoil other values on the way.
#
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6. x86-64; which places do what may differ on other processors.
# Guess: a NaN poisons the scale of DynamicQuantizeLinear, so that every output becomes NaN, and a check of the outputs tells.
# Behaviour: a NaN becomes the smallest number of the tensor. What else happens hangs on its place. Early in the tensor, nothing:
#   scale and all other values are right. Late, the search for the extremes forgets those that came before it: other values are
#   cut, -3 to -0.96 here. Only at the very end of the tensor the scale is NaN, as was guessed. A product in fp32 gives NaN for the
#   row, at every place.
# Output seen: 64 values from -3 to 5, NaN at 1: scale 0.0314, smallest -3.01. NaN at 40: scale 0.0234, smallest -0.96. NaN at 63:
#   scale nan. A product after it: fp32 [nan ...], int8 finite for the first two.
# Source: onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html, which says nothing of NaN; IEEE 754-2019, 9.6 (minimum and maximum
#   propagate NaN; comparisons do not).
# For whoever serves models: a broken layer, or fp16 weights that overflowed, is NaN in fp32 and is caught by isfinite. After
#   quantize_dynamic the same model answers with confident nonsense. Look at the fp32 model's outputs, and compare with them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
cat > "$work/run.py" <<'PY'
import logging
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import quantize_dynamic

logging.disable(logging.WARNING)
work = Path(sys.argv[1])
FLOAT, BYTE, WIDTH = TensorProto.FLOAT, TensorProto.UINT8, 64


def save(name: str, node: onnx.NodeProto, outputs: list[tuple[str, int, list]], weights: list) -> None:
    graph = helper.make_graph(
        [node], "graph", [helper.make_tensor_value_info("x", FLOAT, [1, WIDTH])],
        [helper.make_tensor_value_info(*each) for each in outputs], weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10), work / name)


def run(name: str, values: np.ndarray) -> list[np.ndarray]:
    return ort.InferenceSession(work / name, providers=["CPUExecutionProvider"]).run(None, {"x": values[None]})


parts = [("q", BYTE, [1, WIDTH]), ("scale", FLOAT, []), ("zero", BYTE, [])]
save("round.onnx", helper.make_node("DynamicQuantizeLinear", ["x"], [name for name, _, _ in parts]), parts, [])
weight = np.random.default_rng(0).standard_normal((WIDTH, 3)).astype(np.float32)
save("fp32.onnx", helper.make_node("MatMul", ["x", "w"], ["y"]), [("y", FLOAT, [1, 3])], [numpy_helper.from_array(weight, "w")])
quantize_dynamic(work / "fp32.onnx", work / "int8.onnx")

clean = np.linspace(-1, 1, WIDTH).astype(np.float32)
clean[0], clean[31] = -3, 5
smallest, scales = {}, {}
for place in (1, 40, WIDTH - 1):
    values = clean.copy()
    values[place] = np.nan
    rounded, scale, zero = run("round.onnx", values)
    back = (rounded[0].astype(np.float32) - zero) * scale
    smallest[place], scales[place] = float(back[0]), float(scale)
    exact, quantised = run("fp32.onnx", values)[0], run("int8.onnx", values)[0]
    print(f"NaN at {place}: scale {scale:.3g}, smallest {back[0]:.3g}, the NaN {back[place]:.3g}; fp32 {exact[0]}, int8 {quantised[0]}")
    assert np.isnan(exact).all()
    if place < WIDTH - 1:
        assert np.isfinite(quantised).all(), "nothing tells"
        assert back[place] <= back.min() + scale, "the NaN is the smallest"
assert abs(smallest[1] + 3) < 0.05, "the others are right"
assert smallest[40] > -1.1, "-3 is cut: the extremes before the NaN are forgotten"
assert np.isnan(scales[WIDTH - 1])
PY
"$work/venv/bin/python" "$work/run.py" "$work"
