"""Which engine serves a model: read from its config, never guessed silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.task_kinds import HEAD_TAGS, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.engines.onnx.head import Head

# Encoder-decoders and decoders whose conversion to CTranslate2 was compared with torch.
CTRANSLATE_MODEL_TYPES = ("bart", "m2m_100", "marian", "mbart", "mt5", "pegasus", "t5", "whisper")
CTRANSLATE_GENERATION_MODEL_TYPES = ("bloom", "gpt2", "gpt_neox", "opt")

# Decoder-only families whose onnxruntime-genai build was compared with torch.
GENAI_MODEL_TYPES = (
    *("ernie4_5", "gemma", "gemma2", "gemma3_text", "granite", "granitemoehybrid", "hunyuan_v1_dense"),
    *("lfm2", "llama", "mistral", "phi", "phi3", "qwen2", "qwen3", "smollm3"),
)

SLOWEST = "transformers"
"""Serves a model's files as they came; every other engine has them converted."""
PIPELINES_ON_TORCH = "diffusers"
"""The same for repositories that are a pipeline of several models."""
NAMES = {
    "onnx": "ONNX Runtime",
    "diffusion": "ONNX Runtime",
    "ctranslate": "CTranslate2",
    "genai": "onnxruntime-genai",
}


@dataclass(frozen=True)
class EngineChoice:
    """An engine's name and, for the log and ``GET /``, why it was chosen."""

    engine: str
    reason: str


def converted_types(pipeline_tag: str) -> list[str]:
    """The architectures that a faster engine serves for this tag, so that they are converted."""
    return sorted(model_type for types in fast_engines(pipeline_tag).values() for model_type in types)


def choose_pipeline(pipeline_tag: str) -> EngineChoice:
    """For a repository that is a diffusers pipeline instead of one model."""
    return EngineChoice("diffusion", f"{NAMES['diffusion']} serves {pipeline_tag}")


def slowest(pipeline_tag: str, reason: str) -> EngineChoice:
    """What serves a model that the faster engine does not, for that reason."""
    return EngineChoice(PIPELINES_ON_TORCH if kind_of(pipeline_tag).paints else SLOWEST, reason)


def choose(pipeline_tag: str, config: Mapping[str, Any]) -> EngineChoice:
    """The fastest engine that knows the task and the architecture; transformers knows all others."""
    model_type = str(config.get("model_type", "unknown"))
    for engine, model_types in fast_engines(pipeline_tag).items():
        if model_type in model_types:
            return EngineChoice(engine, f"{NAMES[engine]} serves {pipeline_tag} by {model_type} models")
    return EngineChoice(SLOWEST, f"no faster engine serves {pipeline_tag} by {model_type} models")


def fast_engines(pipeline_tag: str) -> dict[str, tuple[str, ...] | frozenset[str]]:
    """Fast engine -> the architectures that it serves for this tag."""
    kind = kind_of(pipeline_tag)
    found: dict[str, tuple[str, ...] | frozenset[str]] = {}
    if kind.rewrites:
        found["ctranslate"] = CTRANSLATE_MODEL_TYPES
    if kind.continues_text:
        found |= {"ctranslate": CTRANSLATE_GENERATION_MODEL_TYPES, "genai": GENAI_MODEL_TYPES}
    if head := _head(pipeline_tag):
        found["onnx"] = head.MODEL_TYPES
    return found


def has_own_graphs(pipeline_tag: str) -> bool:
    """Whether an ONNX graph of a repository's own may be of use for this tag."""
    head = _head(pipeline_tag)
    return head is not None and head.HAS_OWN_GRAPHS


def _head(pipeline_tag: str) -> type[Head] | None:
    if pipeline_tag not in HEAD_TAGS:
        return None
    from inference.engines.onnx.heads import head_class  # only a model that is not ready needs it

    return head_class(pipeline_tag)
