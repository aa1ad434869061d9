"""What a diffusers repository says it is made of: ``model_index.json``, held against what is loaded here.

The file names Python libraries and classes, so nothing in it is followed: it must name what is allowed here,
one class for each part of a pipeline, or the repository is refused before any weights are fetched.
"""

from __future__ import annotations

import json
import re
from typing import Any

from inference.errors import printable

INDEX = "model_index.json"
PIPELINES = ("StableDiffusionPipeline", "LatentConsistencyModelPipeline")
"""The second differs in its defaults only, which come from its scheduler."""
SCHEDULERS = (
    "DDIMScheduler",
    "DDPMScheduler",
    "DEISMultistepScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "LCMScheduler",
    "LMSDiscreteScheduler",
    "PNDMScheduler",
    "TCDScheduler",
    "UniPCMultistepScheduler",
)
PARTS = {
    "unet": ("diffusers", ("UNet2DConditionModel",)),
    "vae": ("diffusers", ("AutoencoderKL", "AutoencoderTiny")),
    "text_encoder": ("transformers", ("CLIPTextModel",)),
    "tokenizer": ("transformers", ("CLIPTokenizer", "CLIPTokenizerFast")),
    "scheduler": ("diffusers", SCHEDULERS),
}
"""Part of the pipeline, which is its folder too -> library and the classes that may stand there."""
WEIGHTED = ("unet", "vae", "text_encoder")
LEFT_OUT = ("safety_checker", "feature_extractor", "image_encoder")
"""Parts that a picture can be made without; never fetched, never loaded."""
WEIGHTS = re.compile(r"(diffusion_pytorch_)?model(-\d{5}-of-\d{5})?\.safetensors")
INDEXED = re.compile(r"(diffusion_pytorch_)?model\.safetensors\.index\.json")
SETTINGS = re.compile(r"\w+\.(json|txt)")
"""Names without a variant in them, such as ``.fp16.`` or ``.non_ema.``."""


class UnknownPipeline(Exception):
    """The repository names something that is not loaded here; the message is safe to show."""


def check(text: str) -> None:
    """Raise ``UnknownPipeline`` for an index that names more than the known parts of the known pipeline."""
    try:
        index = json.loads(text)
    except (ValueError, RecursionError):
        index = None
    if not isinstance(index, dict):
        raise UnknownPipeline(f"{INDEX} is not a JSON object")
    name = index.get("_class_name")
    if name not in PIPELINES:
        served = ", ".join(PIPELINES)
        raise UnknownPipeline(f"the pipeline {printable(str(name))} is none that is served: {served}")
    for part, value in index.items():
        if not part.startswith("_") and part not in LEFT_OUT and isinstance(value, list):
            _check_part(part, value)
    if missing := [part for part in PARTS if not isinstance(index.get(part), list)]:
        raise UnknownPipeline(f"the pipeline has no {', '.join(sorted(missing))}")


def _check_part(part: str, value: list[Any]) -> None:
    library, classes = PARTS.get(part, (None, (None,)))  # an unknown part must be null
    if len(value) != 2 or value[0] != library or value[1] not in classes:
        named = printable(f"{part}: {'.'.join(map(str, value))}")
        raise UnknownPipeline(f"the pipeline names {named}, which is none of the parts that are loaded")


def is_wanted(name: str) -> bool:
    """Whether a repository's file belongs to a part: settings, words, and weights in their one plain form."""
    folder, _, file = name.rpartition("/")
    if not folder:
        return file == INDEX
    if folder not in PARTS:
        return False
    if WEIGHTS.fullmatch(file) or INDEXED.fullmatch(file):
        return folder in WEIGHTED
    return SETTINGS.fullmatch(file) is not None


def parts_without_weights(names: list[str]) -> list[str]:
    """The parts that have no safetensors among these files."""
    having = {
        folder for folder, _, file in (name.rpartition("/") for name in names) if WEIGHTS.fullmatch(file)
    }
    return [part for part in WEIGHTED if part not in having]
