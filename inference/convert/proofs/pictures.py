"""What vision models prove themselves on, besides their task's examples: pictures made here, from seeds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray
    from PIL.Image import Image

COUNT = 64
SIZES = ((48, 48), (224, 224), (320, 240), (180, 320), (512, 384), (96, 200))
"""Width and height: square, upright and wide, smaller and larger than what models read."""


def read() -> list[bytes]:
    """PNG files, the same on every machine: clouds, stripes, shapes and patterns in many colours."""
    import numpy as np

    makers = (_clouds, _stripes, _shapes, _tiles)
    pictures = []
    for index in range(COUNT):
        random = np.random.default_rng(index)
        width, height = SIZES[index % len(SIZES)]
        picture = _picture(makers[index % len(makers)](random, height, width), random)
        stream = io.BytesIO()
        picture.save(stream, "PNG", compress_level=1)
        pictures.append(stream.getvalue())
    return pictures


def _picture(values: NDArray[np.float64], random: Generator) -> Image:
    """Values from 0 to 1 of shape (height, width) -> between two colours, lit from one side, with grain."""
    import numpy as np
    from PIL import Image

    height, width = values.shape
    dark, light = random.uniform(0, 140, 3), random.uniform(90, 255, 3)
    pixels = dark + values[..., None] * (light - dark)
    pixels *= (0.7 + 0.6 * np.linspace(0, 1, width) * random.uniform(0, 1))[None, :, None]
    pixels += random.normal(0, random.uniform(0, 12), (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _clouds(random: Generator, height: int, width: int) -> NDArray[np.float64]:
    """Noise at several scales, as skies, fur and leaves have it."""
    import numpy as np
    from PIL import Image

    total = np.zeros((height, width))
    for cells, weight in ((3, 8), (6, 4), (12, 2), (24, 1)):
        coarse = Image.fromarray(random.uniform(0, 1, (cells, cells)).astype(np.float32))
        total += weight * np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
    lowest, highest = float(total.min()), float(total.max())
    result: NDArray[np.float64] = (total - lowest) / (highest - lowest)
    return result


def _stripes(random: Generator, height: int, width: int) -> NDArray[np.float64]:
    """Waves in one direction."""
    import numpy as np

    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    angle, waves = random.uniform(0, np.pi), random.uniform(2, 30)
    result: NDArray[np.float64] = 0.5 + 0.5 * np.sin(
        2 * np.pi * waves * (x * np.cos(angle) + y * np.sin(angle))
    )
    return result


def _shapes(random: Generator, height: int, width: int) -> NDArray[np.float64]:
    """Discs and boxes before a soft ground."""
    import numpy as np

    values = 0.4 * _clouds(random, height, width)
    y, x = np.mgrid[0:height, 0:width]
    for _ in range(random.integers(2, 8)):
        cx, cy, size = random.uniform(0, width), random.uniform(0, height), random.uniform(0.05, 0.3)
        across, down = np.abs(x - cx) / max(height, width), np.abs(y - cy) / max(height, width)
        inside = np.maximum(across, down) < size if random.random() < 0.5 else np.hypot(across, down) < size
        values = np.where(inside, random.uniform(0.3, 1), values)
    return values


def _tiles(random: Generator, height: int, width: int) -> NDArray[np.float64]:
    """A pattern that repeats."""
    import numpy as np

    colours = random.uniform(0, 1, random.integers(2, 12, 2))
    tile = np.kron(colours, np.ones(random.integers(2, 10, 2)))
    repeats = (height // tile.shape[0] + 1, width // tile.shape[1] + 1)
    result: NDArray[np.float64] = np.tile(tile, repeats)[:height, :width]
    return result
