"""onnxruntime-genai, and when each token was there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.speed.baselines.chat import load_generator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Inputs are a ``prompt`` and ``tokens``; the answer is the seconds until each token was there."""
    generate = load_generator(folder, threads)
    return lambda inputs: generate(inputs["prompt"], inputs["tokens"])[1]
