"""The process that decodes TIFF, AVIF and HEIC: ``python -m inference.media.picture_child``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy  # noqa: F401  (for pictures of 16 bits; a fork can open no file, and so import nothing)
import pi_heif
from PIL import Image, ImageOps  # noqa: F401  (the same)

from inference.media import pixels
from inference.media.child import serve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.media.child import Send

ROWS = 256
"""That are sent at once."""


def decode(job: Mapping[str, Any], data: bytes, send: Send) -> dict[str, Any]:
    """Rows of RGB from the top; returns ``width``, ``height`` and whether the file ``has_more_frames``.

    ``job`` names the ``format``, as Pillow does.
    """
    picture = pixels.read(data, (job["format"],))
    for top in range(0, picture.height, ROWS):
        send(picture.crop((0, top, picture.width, min(top + ROWS, picture.height))).tobytes())
    more = bool(picture.info[pixels.MORE_FRAMES])
    return {"width": picture.width, "height": picture.height, "has_more_frames": more}


def register() -> None:
    """All that Pillow would import when it meets a format."""
    Image.init()
    pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)


if __name__ == "__main__":
    register()
    serve(decode)
