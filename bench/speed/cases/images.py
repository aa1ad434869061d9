"""Image classification by ViT-base with random weights."""

from __future__ import annotations

import base64
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.speed.cases.case import Case, Workload
from bench.speed.cases.random_weights import save_random

if TYPE_CHECKING:
    from pathlib import Path

LABELS = 1_000
TINY = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
PREPROCESSING = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_processor_type": "ViTImageProcessor",
    "image_std": [0.5, 0.5, 0.5],
    "resample": 2,
    "rescale_factor": 1 / 255,
    "size": {"height": 224, "width": 224},
}


def make_vit(sizes: dict[str, Any], folder: Path) -> None:
    """ViT-base, which is the architecture's default; preprocessing of google/vit-base-patch16-224."""
    from transformers import ViTConfig

    labels = {index: f"label {index}" for index in range(LABELS)}
    config = ViTConfig(id2label=labels, label2id={name: index for index, name in labels.items()}, **sizes)
    save_random(folder, "AutoModelForImageClassification", config)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSING))


def _pictures(count: int) -> Any:
    """PNG pictures of 640 × 480 pixels in base64; smooth colours keep the files small."""
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[0:480, 0:640]
    pixels = np.stack([x * 255 // 639, y * 255 // 479, (x + y) % 256], axis=-1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    picture = base64.b64encode(file.getvalue()).decode()
    return picture if count == 1 else [picture] * count


CASES = (
    Case(
        name="vit-base",
        task="image_classification",
        kind="image",
        weights="random",
        make=partial(make_vit, {}),
        make_tiny=partial(make_vit, TINY),
        workloads=(Workload("640 × 480 pixels", partial(_pictures, 1), 10),),
        batch=Workload("16 pictures", partial(_pictures, 16), 1),
    ),
)
