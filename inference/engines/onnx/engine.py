"""ONNX Runtime on the CPU: encoder heads, one text at a time.

One at a time, because with a few threads a batch gains little, padding costs, and the scales of dynamic int8
span a whole batch: a text's score would depend on its neighbours.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from inference.engines.onnx.heads import head_class

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.cache.artifact import Artifact
    from inference.engines.onnx.head import Head

MODEL = "model.onnx"
READ_AHEAD_BYTES = 1 << 20


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Head:
    """Read the graph; it was optimized at conversion, so loading does not do that again."""
    return head_class(pipeline_tag)(artifact.folder, session(artifact.folder / MODEL, threads))


def session(path: Path, threads: int) -> Callable[[dict[str, NDArray[np.int64]]], list[NDArray[np.float32]]]:
    """A function from named inputs to the outputs, in the graph's order; other inputs are dropped."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 3
    # Threads spin between the steps of one run, which is faster, and stop with it: what they would burn
    # after it is the CPU share that the reply needs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    _read_ahead(data_of(path))
    loaded = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [item.name for item in loaded.get_inputs()]

    def run(inputs: dict[str, NDArray[np.int64]]) -> list[NDArray[np.float32]]:
        outputs: list[NDArray[np.float32]] = loaded.run(None, {name: inputs[name] for name in names})
        return outputs

    return run


def data_of(graph: Path) -> Path:
    """Where a graph's weights stand if they stand apart; the same name as torch's export gives them."""
    return graph.with_name(f"{graph.name}.data")


def _read_ahead(path: Path) -> None:
    """Bring a file into the page cache, in order: the session maps it, and would fetch it page by page."""
    buffer = bytearray(READ_AHEAD_BYTES)
    with contextlib.suppress(FileNotFoundError), path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass
