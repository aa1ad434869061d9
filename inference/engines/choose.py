"""Which engine serves a model: read from its config, never guessed silently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# The heads that ONNX Runtime serves, by pipeline tag.
ONNX_HEADS = {
    "feature-extraction": "embeddings",
    "fill-mask": "fill-mask",
    "image-classification": "image-classification",
    "question-answering": "question-answering",
    "sentence-similarity": "embeddings",
    "text-classification": "sequence-classification",
    "token-classification": "token-classification",
    "zero-shot-classification": "zero-shot-classification",
}
# Encoders whose export was compared with torch, by config.json's model_type.
ONNX_MODEL_TYPES = frozenset(
    [
        "albert",
        "bart",
        "bert",
        "camembert",
        "deberta-v2",
        "distilbert",
        "electra",
        "modernbert",
        "mpnet",
        "roberta",
        "xlm-roberta",
    ]
)
# The same for image-classification.
ONNX_IMAGE_MODEL_TYPES = frozenset(
    ["beit", "convnext", "convnextv2", "deit", "dinov2", "resnet", "swin", "swinv2", "vit"]
)

# What CTranslate2 generates, and the architectures whose conversion was compared with torch.
CTRANSLATE_TAGS = ("automatic-speech-recognition", "summarization", "text2text-generation", "translation")
CTRANSLATE_MODEL_TYPES = ("bart", "m2m_100", "marian", "mbart", "mt5", "pegasus", "t5", "whisper")
CTRANSLATE_GENERATION_MODEL_TYPES = ("gpt2",)

SLOWEST = "transformers"
"""Serves a model's files as they came; every other engine has them converted."""

TEXT_TO_IMAGE = "text-to-image"
"""What a repository with several models in it is for, which diffusers puts together."""

# Decoder-only families whose onnxruntime-genai build was compared with torch.
GENAI_MODEL_TYPES = ("gemma", "gemma2", "llama", "mistral", "phi", "phi3", "qwen2", "qwen3", "smollm3")


@dataclass(frozen=True)
class Choice:
    """An engine's name and, for the log and ``GET /``, why it was chosen."""

    engine: str
    reason: str


def converted_types(pipeline_tag: str) -> list[str]:
    """The architectures that a faster engine serves for this tag, so that they are converted."""
    known = {
        *ONNX_MODEL_TYPES,
        *ONNX_IMAGE_MODEL_TYPES,
        *CTRANSLATE_MODEL_TYPES,
        *CTRANSLATE_GENERATION_MODEL_TYPES,
        *GENAI_MODEL_TYPES,
    }
    return sorted(name for name in known if choose(pipeline_tag, {"model_type": name}).engine != SLOWEST)


def choose_pipeline(pipeline_tag: str, class_name: str) -> Choice:
    """For a repository that is a diffusers pipeline instead of one model."""
    return Choice("diffusers", f"diffusers serves {pipeline_tag} by {class_name}")


def head_of(pipeline_tag: str) -> str:
    """What an artifact for this tag is made for; tags that share a head share the artifact."""
    return ONNX_HEADS.get(pipeline_tag, pipeline_tag)


def choose(pipeline_tag: str, config: Mapping[str, Any]) -> Choice:
    """The fastest engine that knows the task and the architecture; transformers knows all others."""
    model_type = str(config.get("model_type", "unknown"))
    encoders = ONNX_IMAGE_MODEL_TYPES if pipeline_tag == "image-classification" else ONNX_MODEL_TYPES
    if pipeline_tag in ONNX_HEADS and model_type in encoders:
        return Choice("onnx", f"ONNX Runtime serves {pipeline_tag} by {model_type} models")
    if pipeline_tag in CTRANSLATE_TAGS and model_type in CTRANSLATE_MODEL_TYPES:
        return Choice("ctranslate", f"CTranslate2 serves {pipeline_tag} by {model_type} models")
    if pipeline_tag == "text-generation" and model_type in CTRANSLATE_GENERATION_MODEL_TYPES:
        return Choice("ctranslate", f"CTranslate2 serves {pipeline_tag} by {model_type} models")
    if pipeline_tag == "text-generation" and model_type in GENAI_MODEL_TYPES:
        return Choice("genai", f"onnxruntime-genai serves {pipeline_tag} by {model_type} models")
    return Choice(SLOWEST, f"no faster engine serves {pipeline_tag} by {model_type} models")
