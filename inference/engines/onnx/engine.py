"""ONNX Runtime on the CPU: encoder heads over a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.engines.onnx.heads import head_class
from inference.engines.onnx.session import Session

if TYPE_CHECKING:
    from inference.cache.artifact import Artifact
    from inference.engines.onnx.head import Head

MODEL = "model.onnx"
PARALLEL, SERIAL = "parallel", "serial"
"""How lists are run, in the words of a manifest: an input on each thread, or one by one on all of them."""


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Head:
    """Read the graph; it was optimized at conversion, so loading does not do that again."""
    is_parallel = artifact.manifest.lists == PARALLEL
    session = Session(artifact.folder / MODEL, threads, runs_lists_in_parallel=is_parallel)
    return head_class(pipeline_tag)(artifact.folder, session)
