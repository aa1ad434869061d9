"""Whether a conversion has the memory it takes, said before the first byte is downloaded.

The proof holds the weights in fp32, and a form of them beside it. Measured as private memory, which is what a
conversion is bounded by, with one thread:

==========================  =======  ====================  ===============
model                       weights  failed, out of memory  took at its peak
==========================  =======  ====================  ===============
BERT, 2 narrow layers          3 MB                 520 MB           568 MB
DistilBERT, 1 layer           54 MB                 600 MB           764 MB
DistilBERT, 12 layers        352 MB               1,200 MB         1,399 MB
BART, 1 + 1 layers            72 MB                 600 MB           845 MB
BART, 6 + 6 layers           388 MB                 850 MB         1,358 MB
Qwen2.5-0.5B (genai)       1,976 MB                                5,500 MB
==========================  =======  ====================  ===============
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

from inference.errors import InternalError
from inference.jobs.refused import Refused
from inference.settings import LAMBDA_MEMORY_MB

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from huggingface_hub.hf_api import ModelInfo, RepoSibling

    from inference.jobs.requests import DownloadJob

MEBIBYTE = 1024 * 1024
LEAST_MB, LEAST_TIMES = 300, 1.5
"""Below this nothing was ever converted: refusing there refuses nothing that would have worked."""
USUAL_MB, USUAL_TIMES = 700, 2.5
"""With this everything was."""
BACKOFF_S = 60.0
FP32_BYTES = 4
READ = re.compile(r"model(-\d+-of-\d+)?\.safetensors|pytorch_model\.bin")
"""What a conversion reads as weights, where a repository has others beside them."""
FLOATS = ("F32", "F16", "BF16")


def check(job: DownloadJob, info: ModelInfo, files: list[RepoSibling], config: Path | None) -> None:
    """Refuse a model that would be converted in too little memory; ``config`` is its config.json."""
    weights = weight_bytes(info, files)
    if config and is_too_little(job.memory_mb, weights) and is_converted(config, job.converted_types):
        raise refusal(job.model, weights, job.memory_mb, job.memory_option)


def weight_bytes(info: ModelInfo, files: Iterable[RepoSibling]) -> int:
    """Of a model in fp32: by the Hub's count of parameters, or at least what the files have."""
    listed = sum(file.size or 0 for file in files if READ.fullmatch(file.rfilename))
    counted: dict[str, int] = getattr(info.safetensors, "parameters", None) or {}
    return max(listed, FP32_BYTES * sum(counted.get(kind, 0) for kind in FLOATS))


def is_too_little(memory_mb: int, weights: int) -> bool:
    """Whether no conversion of such weights can end well."""
    return memory_mb < LEAST_MB + LEAST_TIMES * weights / MEBIBYTE


def refusal(model: str, weights: int, memory_mb: int, option: str) -> Refused:
    """The configuration error: what was set, what it takes, and the setting to raise."""
    usual_mb = math.ceil(USUAL_MB + USUAL_TIMES * weights / MEBIBYTE)
    told = f"preparing {model} takes about {usual_mb:,} MB of memory, and the function has {memory_mb:,} MB"
    if usual_mb > LAMBDA_MEMORY_MB[1]:
        return Refused(InternalError(f"{told}; no function can have so much: choose a smaller model"))
    return Refused(InternalError(f"{told}; raise {option} to {usual_mb}"), backoff_s=BACKOFF_S)


def is_converted(config: Path, model_types: Collection[str]) -> bool:
    """Whether it is a model of these types; others are served as they come, which takes no such memory."""
    try:
        return bool(json.loads(config.read_text(encoding="utf-8"))["model_type"] in model_types)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
