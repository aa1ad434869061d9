"""What every engine offers, and the one place that turns an artifact into a loaded engine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from inference.artifact import Artifact
    from inference.task import Call

# Engine name, as artifacts carry it -> module with a ``load`` function.
MODULES = {
    "ctranslate": "inference.engines.ctranslate",
    "genai": "inference.engines.genai",
    "onnx": "inference.engines.onnx",
    "transformers": "inference.engines.transformers_",
}


class Engine(Protocol):
    """A loaded model. One call at a time; the caller sees to that."""

    def run(self, call: Call) -> list[Any]:
        """One result an input, in order, as plain JSON values (floats, strings, lists, dicts)."""


class Loader(Protocol):
    """Artifact -> engine; may take seconds."""

    def __call__(self, artifact: Artifact, pipeline_tag: str, threads: int) -> Engine: ...


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
    """Load an artifact with the engine that it was made for."""
    loader: Loader = import_module(MODULES[artifact.manifest.engine]).load
    return loader(artifact, pipeline_tag, threads)
