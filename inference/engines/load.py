"""The one place that turns an artifact into a loaded engine."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from inference.cache import config_keys
from inference.cache.artifact import DamagedArtifact
from inference.errors import InternalError, ModelUnavailable

if TYPE_CHECKING:
    from inference.cache.artifact import Artifact
    from inference.engines.engine import Engine, Loader

# Engine name, as artifacts carry it -> module with a ``load`` function.
MODULES = {
    "ctranslate": "inference.engines.ctranslate.engine",
    "diffusers": "inference.engines.torch.diffusers",
    "diffusion": "inference.engines.diffusion.engine",
    "genai": "inference.engines.genai.engine",
    "onnx": "inference.engines.onnx.engine",
    "transformers": "inference.engines.torch.transformers",
}
FORGED = "the model on the cache is not as it was made; remove it, and the next call has it made again"
TORCH = ("diffusers", "transformers")
"""Engines that run on torch, which the ``serve`` image does not have."""


def load(artifact: Artifact, pipeline_tag: str, threads: int) -> Engine:
    """Load an artifact with the engine that it was made for.

    Raises :class:`ModelUnavailable` where this image does not have the engine, and :class:`InternalError`
    for an artifact that no conversion has written.
    """
    engine = artifact.manifest.engine
    if engine not in MODULES:
        raise InternalError(f"{FORGED}: it names no engine of ours")
    if engine in TORCH and not _has_torch():
        raise ModelUnavailable(
            f"this model needs the full image, because only {engine} serves it; set <task>.image=full"
        )
    try:
        config_keys.check(artifact)
    except DamagedArtifact as found:
        raise InternalError(f"{FORGED}: {found}") from None
    loader: Loader = import_module(MODULES[engine]).load
    return loader(artifact, pipeline_tag, threads)


def _has_torch() -> bool:
    from importlib.util import find_spec  # not at the start: only an engine of torch asks

    return find_spec("torch") is not None
