"""Measure the demo image classifier on handwritten digits that it never saw, so that its card can be checked.

python -m local.demo.measure_digits
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

MODEL = Path(__file__).parent / "models" / "hublet" / "demo-image-classification"
HELD_OUT = 360
SPLIT_SEED = 1998
EXAMPLE = 1770
"""The item that the task's example is, and so kept back."""
INK = 16
"""The corpus counts the inked pixels of a 4 x 4 block: 0 to 16."""


class Picture(NamedTuple):
    """A handwritten digit, 8 x 8 pixels, and which one it is."""

    image: Image.Image
    digit: int


class Split(NamedTuple):
    """What may be trained on and what may not."""

    train: list[Picture]
    held_out: list[Picture]


def split_corpus() -> Split:
    """Part scikit-learn's copy of the UCI digits, the same way on every machine."""
    corpus: Any = load_digits()
    pictures = [
        Picture(Image.fromarray(np.rint(pixels * (255 / INK)).astype(np.uint8)).convert("RGB"), int(digit))
        for pixels, digit in zip(corpus.images, corpus.target, strict=True)
    ]
    example = pictures.pop(EXAMPLE)
    random.Random(SPLIT_SEED).shuffle(pictures)
    return Split(pictures[HELD_OUT - 1 :], [example, *pictures[: HELD_OUT - 1]])


def to_png(image: Image.Image) -> bytes:
    """The file that a caller would send."""
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@torch.no_grad()
def digits(images: Sequence[Image.Image], model_dir: Path = MODEL) -> list[int]:
    """Classify with plain transformers in full precision: the reference that every engine must meet."""
    processor = ViTImageProcessorPil.from_pretrained(model_dir)
    model = AutoModelForImageClassification.from_pretrained(model_dir, dtype=torch.float32).eval()
    pixels = processor(list(images), return_tensors="pt")["pixel_values"]
    best: list[int] = model(pixel_values=pixels).logits.argmax(-1).tolist()
    return [int(model.config.id2label[index]) for index in best]


def accuracy(pictures: Sequence[Picture], model_dir: Path = MODEL) -> float:
    """The share of pictures whose digit was recognised."""
    found = digits([picture.image for picture in pictures], model_dir)
    return sum(one == picture.digit for one, picture in zip(found, pictures, strict=True)) / len(pictures)


def main() -> None:
    """Print one line."""
    parser = argparse.ArgumentParser(description="Measure the demo image classifier.")
    parser.add_argument("--model", type=Path, default=MODEL)
    pictures = split_corpus().held_out
    print(f"held out: accuracy {accuracy(pictures, parser.parse_args().model):.4f}, {len(pictures)} pictures")


if __name__ == "__main__":
    main()
