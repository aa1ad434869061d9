"""The one place that turns an artifact into a loaded engine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from inference.errors import ModelUnavailable

if TYPE_CHECKING:
    from inference.cache.artifact import Artifact
    from inference.engines.engine import Engine, Loader

# Engine name, as artifacts carry it -> module with a ``load`` function.
MODULES = {
    "ctranslate": "inference.engines.ctranslate.engine",
    "diffusers": "inference.engines.torch.diffusers",
    "genai": "inference.engines.genai.engine",
    "onnx": "inference.engines.onnx.engine",
    "transformers": "inference.engines.torch.transformers",
}
TORCH = ("diffusers", "transformers")
"""Engines that run on torch, which the ``serve`` image does not have."""


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
    """Load an artifact with the engine that it was made for.

    Raises :class:`ModelUnavailable` where this image does not have the engine.
    """
    engine = artifact.manifest.engine
    if engine in TORCH and not _has_torch():
        raise ModelUnavailable(
            f"this model needs the full image, because only {engine} serves it; set <task>.image=full"
        )
    loader: Loader = import_module(MODULES[engine]).load
    return loader(artifact, pipeline_tag, threads)


def _has_torch() -> bool:
    from importlib.util import find_spec  # not at the start: only an engine of torch asks

    return find_spec("torch") is not None
