"""Train the demo image classifier: a small ViT that recognizes handwritten digits.

python -m local.demo.training.digits --out FOLDER
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from transformers import ViTConfig, ViTForImageClassification
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from local.demo.evaluation.digits import MODEL, accuracy, split_corpus
from local.demo.training.loop import learning_rate_at

if TYPE_CHECKING:
    from local.demo.evaluation.digits import Picture

SEED = 5
SIDE = 32
"""Pictures are resized to this many pixels."""
PATCH = 4
BATCH = 64
EPOCHS = 40
LEARNING_RATE = 2e-3
TURN = 0.2
"""The most that pictures are rotated and sheared, in radians."""
SHIFT = 0.12
"""The most that pictures are moved, as a share of their side."""


def build_model() -> Any:
    """Make the untrained network."""
    names = {index: str(index) for index in range(10)}
    config = ViTConfig(
        image_size=SIDE,
        patch_size=PATCH,
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=128,
        hidden_dropout_prob=0.1,
        id2label=names,
        label2id={name: index for index, name in names.items()},
    )
    return ViTForImageClassification(config)


def vary(pixels: torch.Tensor) -> torch.Tensor:
    """Rotate, stretch and move each picture a little.

    ``pixels`` has the shape ``(pictures, 3, side, side)`` and values from -1 to 1.
    """
    count = len(pixels)
    angle, shear = ((torch.rand(count) * 2 - 1) * TURN for _ in range(2))
    width, height = (1 + (torch.rand(count) * 2 - 1) * 0.15 for _ in range(2))
    move = (torch.rand(count, 2) * 2 - 1) * SHIFT * 2
    rows = [
        width * angle.cos(),
        shear - angle.sin(),
        move[:, 0],
        angle.sin(),
        height * angle.cos(),
        move[:, 1],
    ]
    grid = functional.affine_grid(torch.stack(rows, 1).view(count, 2, 3), list(pixels.shape), False)
    return functional.grid_sample(pixels + 1, grid, align_corners=False) - 1


def fit(model: Any, pictures: list[Picture], processor: Any) -> None:
    """Train on pictures, with the same preprocessing as in serving."""
    pixels = processor([picture.image for picture in pictures], return_tensors="pt")["pixel_values"]
    labels = torch.tensor([picture.digit for picture in pictures])
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    steps = EPOCHS * math.ceil(len(pictures) / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_at((step + 1) / steps))
    model.train()
    for epoch in range(EPOCHS):
        losses = []
        for chosen in torch.randperm(len(pictures)).split(BATCH):  # type: ignore[no-untyped-call]
            logits = model(pixel_values=vary(pixels[chosen])).logits
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {sum(losses) / len(losses):.3f}", flush=True)
    model.eval()


def main() -> None:
    """Train, save in half precision, and measure on the held-out pictures."""
    parser = argparse.ArgumentParser(description="Train the demo image classifier.")
    parser.add_argument("--out", type=Path, default=MODEL)
    out: Path = parser.parse_args().out
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # more threads do not help such a small network
    started = time.monotonic()
    split, model = split_corpus(), build_model()
    processor = ViTImageProcessorPil(size={"height": SIDE, "width": SIDE})
    fit(model, split.train, processor)
    model.half().save_pretrained(out)
    processor.save_pretrained(out)
    print(f"trained in {time.monotonic() - started:.0f} s")
    print(f"held out: accuracy {accuracy(split.held_out, out):.4f}")


if __name__ == "__main__":
    main()
