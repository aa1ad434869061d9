"""Image classification by ViT-base with random weights."""

from __future__ import annotations

import base64
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.rows.random_weights import save_random
from bench.rows.row import Row, Workload

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


def vit(sizes: dict[str, Any], folder: Path) -> None:
    """The defaults of the architecture are ViT-base's; the preprocessing is google/vit-base-patch16-224's."""
    from transformers import ViTConfig

    labels = {index: f"label {index}" for index in range(LABELS)}
    config = ViTConfig(id2label=labels, label2id={name: index for index, name in labels.items()}, **sizes)
    save_random(folder, "AutoModelForImageClassification", config)
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSING))


def _pictures(count: int) -> Any:
    """A photograph's size as PNG in base64; smooth colours, as noise would make the file large."""
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[0:480, 0:640]
    pixels = np.stack([x * 255 // 639, y * 255 // 479, (x + y) % 256], axis=-1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    picture = base64.b64encode(file.getvalue()).decode()
    return picture if count == 1 else [picture] * count


ROWS = (
    Row(
        name="vit-base",
        task="image_classification",
        kind="image",
        weights="random",
        make=partial(vit, {}),
        make_tiny=partial(vit, TINY),
        workloads=(Workload("640 × 480 pixels", partial(_pictures, 1), 10),),
        batch=Workload("16 pictures", partial(_pictures, 16), 1),
    ),
)
