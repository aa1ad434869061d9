"""ONNX Runtime on pixels."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from bench.speed.baselines.encoder import open_session, read_labels

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Runs pictures one at a time and returns the best label of each."""
    session = open_session(folder, threads)
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    size = (settings["size"]["width"], settings["size"]["height"])
    mean, deviation = (np.array(settings[name], np.float32) for name in ("image_mean", "image_std"))
    labels = read_labels(folder)
    name = session.get_inputs()[0].name

    def one(picture: str) -> str:
        image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
        resized = np.asarray(image.resize(size, settings["resample"]), np.float32)
        pixels = (resized * np.float32(settings["rescale_factor"]) - mean) / deviation
        return labels[int(session.run(None, {name: pixels.transpose(2, 0, 1)[None]})[0][0].argmax())]

    return lambda inputs: [one(picture) for picture in ([inputs] if isinstance(inputs, str) else inputs)]
