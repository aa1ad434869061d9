"""Generation parameters of the Hub -> onnxruntime-genai's search options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.engines.text.generation_options import GenerationSettings, Lengths

SEEDS = 2**31 - 1
"""The library reads a seed as a 32-bit integer and takes negative ones for "choose one"."""


def search_options(
    given: Mapping[str, Any], settings: GenerationSettings, prompt: int, lengths: Lengths, vocabulary: int
) -> dict[str, Any]:
    """Lengths count the prompt here; all options are set, as the library's defaults are not transformers'."""
    options: dict[str, Any] = {
        "max_length": prompt + lengths.maximum,
        "min_length": prompt + lengths.minimum if lengths.minimum else 0,
        "num_beams": 1,
        "do_sample": samples(given, settings),
        "repetition_penalty": float(settings.get("repetition_penalty", 1.0)),
    }
    if options["do_sample"]:
        options |= {
            "temperature": float(settings.get("temperature", 1.0)),
            # Not 0 for "all": without a top_k, library 0.18 draws tokens from outside of top_p.
            "top_k": min(int(settings.get("top_k", 50)) or vocabulary, vocabulary),
            "top_p": float(settings.get("top_p", 1.0)),
            "random_seed": -1 if given.get("seed") is None else int(given["seed"]) % SEEDS,
        }
    return options


def samples(given: Mapping[str, Any], settings: GenerationSettings) -> bool:
    """``do_sample`` decides; without it, a caller who names a sampling parameter wants sampling.

    Temperature 0 is greedy.
    """
    if given.get("temperature") == 0:
        return False
    if given.get("do_sample") is not None:
        return bool(given["do_sample"])
    named = any(given.get(name) is not None for name in ("temperature", "top_k", "top_p", "typical_p"))
    return named or settings.samples
