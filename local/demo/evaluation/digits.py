"""Measure the demo image classifier on held-out handwritten digits, to check its card.

python -m local.demo.evaluation.digits
"""

from __future__ import annotations

import argparse
import random
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits
from transformers import AutoModelForImageClassification
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = Path(__file__).parents[1] / "models" / "hublet" / "demo-image-classification"
HELD_OUT = 360
SPLIT_SEED = 1998
EXAMPLE = 1770
"""The item that is the task's example; it is always held out."""
INK = 16
"""Maximum value of a pixel: the corpus counts inked pixels in 4 x 4 blocks."""


class Picture(NamedTuple):
    """A picture of a handwritten digit, 8 x 8 pixels, and its value."""

    image: Image.Image
    digit: int


class DigitSplit(NamedTuple):
    """Pictures for training, and held-out pictures."""

    train: list[Picture]
    held_out: list[Picture]


def split_corpus() -> DigitSplit:
    """Split scikit-learn's copy of the UCI digits, in the same way on every machine."""
    corpus: Any = load_digits()
    pictures = [
        Picture(Image.fromarray(np.rint(pixels * (255 / INK)).astype(np.uint8)).convert("RGB"), int(digit))
        for pixels, digit in zip(corpus.images, corpus.target, strict=True)
    ]
    example = pictures.pop(EXAMPLE)
    random.Random(SPLIT_SEED).shuffle(pictures)
    return DigitSplit(pictures[HELD_OUT - 1 :], [example, *pictures[: HELD_OUT - 1]])


def to_png(image: Image.Image) -> bytes:
    """The picture as a PNG file, as a caller would send it."""
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@torch.no_grad()
def classify_digits(images: Sequence[Image.Image], model_dir: Path = MODEL) -> list[int]:
    """Classify with plain transformers in fp32: the reference for every engine."""
    processor = ViTImageProcessorPil.from_pretrained(model_dir)
    model = AutoModelForImageClassification.from_pretrained(model_dir, dtype=torch.float32).eval()
    pixels = processor(list(images), return_tensors="pt")["pixel_values"]
    best: list[int] = model(pixel_values=pixels).logits.argmax(-1).tolist()
    return [int(model.config.id2label[index]) for index in best]


def accuracy(pictures: Sequence[Picture], model_dir: Path = MODEL) -> float:
    """The share of pictures whose digit was recognized."""
    found = classify_digits([picture.image for picture in pictures], model_dir)
    return sum(one == picture.digit for one, picture in zip(found, pictures, strict=True)) / len(pictures)


def main() -> None:
    """Print the accuracy on held-out pictures."""
    parser = argparse.ArgumentParser(description="Measure the demo image classifier.")
    parser.add_argument("--model", type=Path, default=MODEL)
    pictures = split_corpus().held_out
    print(f"held out: accuracy {accuracy(pictures, parser.parse_args().model):.4f}, {len(pictures)} pictures")


if __name__ == "__main__":
    main()
