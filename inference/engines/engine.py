"""What every engine offers, and the one place that turns an artifact into a loaded engine."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from inference.artifact import Artifact
    from inference.task import Call

# Engine name, as artifacts carry it -> module with a ``load`` function.
MODULES = {
    "ctranslate": "inference.engines.ctranslate",
    "diffusers": "inference.engines.diffusers_",
    "genai": "inference.engines.genai",
    "onnx": "inference.engines.onnx",
    "transformers": "inference.engines.transformers_",
}


@dataclass(frozen=True)
class Completion:
    """A finished continuation of one prompt or conversation."""

    pieces: tuple[str, ...]
    """The text, token by token."""
    finish_reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


class Engine(Protocol):
    """A loaded model. One call at a time; the caller sees to that.

    Engines for ``text-generation`` also have ``complete(prompt, parameters) -> Completion``; a prompt is a
    text or a list of messages. What an engine can tell about its last call stands in ``last_truncated``
    (inputs that were cut) and ``last_tokens`` (tokens read and written); a slow one tells before a call
    what it will take, by ``estimate_s(call)``, and calls ``on_step`` with each ``Step`` that it made.
    """

    def run(self, call: Call) -> list[Any]:
        """One result an input, in order, as plain JSON values (floats, strings, lists, dicts)."""


class Loader(Protocol):
    """Artifact -> engine; may take seconds."""

    def __call__(self, artifact: Artifact, pipeline_tag: str, threads: int) -> Engine: ...


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
    """Load an artifact with the engine that it was made for."""
    loader: Loader = import_module(MODULES[artifact.manifest.engine]).load
    return loader(artifact, pipeline_tag, threads)
