"""Measure the demo image model: does it paint the digit that was asked for?

python -m local.demo.evaluation.image
"""

from __future__ import annotations

import argparse
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from local.demo.corpus.scenes import DIGITS
from local.demo.evaluation.digits import classify_digits
from local.demo.packaged.image import make

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

STEPS = 10
SEEDS = 5


@torch.no_grad()
def paint(prompts: Sequence[str], seed: int, model_dir: Path) -> list[Image]:
    """Paint with plain diffusers in fp32, with its own default guidance."""
    parts: Any = import_module("diffusers")
    pipeline = parts.StableDiffusionPipeline.from_pretrained(
        model_dir, dtype=torch.float32, local_files_only=True, low_cpu_mem_usage=False
    )
    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(seed)
    found: list[Image] = pipeline(list(prompts), num_inference_steps=STEPS, generator=generator).images
    return found


def as_ink(picture: Image) -> Image:
    """Dark on light to light on dark, as the digit classifier knows it."""
    from PIL import ImageOps

    return ImageOps.invert(picture.convert("L")).convert("RGB")


def measure(model_dir: Path) -> str:
    """How many painted digits the demo image classifier, trained apart, recognizes; in a sentence."""
    prompts = [f"a handwritten {digit}" for digit in DIGITS]
    right = 0
    for seed in range(SEEDS):
        pictures = [as_ink(each) for each in paint(prompts, seed, model_dir)]
        right += sum(found == value for value, found in enumerate(classify_digits(pictures)))
    total = SEEDS * len(DIGITS)
    return f"digits recognized: {right / total:.4f} of {total} pictures"


def main() -> None:
    """Print the result."""
    parser = argparse.ArgumentParser(description="Measure the demo image model.")
    parser.add_argument("--model", type=Path, help="another repository than the project's")
    chosen = parser.parse_args().model
    with tempfile.TemporaryDirectory() as folder:
        if not chosen:
            make(Path(folder))
        print(measure(chosen or Path(folder)))


if __name__ == "__main__":
    main()
