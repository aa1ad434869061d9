"""Bytes -> picture: three formats, upright, RGB, within limits that are checked before anything is decoded.

Bytes only: no URL is fetched and no path is opened, whatever a caller sends.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING

from inference.errors import InvalidField

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_PIXELS = 32_000_000
"""Decoding and turning needs up to 16 bytes of memory a pixel."""
MAX_SIDES_RATIO = 100
"""A model scales the shorter side to its own size; a hair-thin picture would become huge by that."""


def decode(data: bytes, at: str = "inputs") -> Image:
    """The picture in RGB, as its EXIF orientation says; the first frame where there are several.

    Transparent parts are shown on white. Raises :class:`InvalidField` at ``at`` for what is none of the
    formats, damaged, cut off, or larger than the limits.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on size our own limit comes next; the rest helps no caller
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_size(picture.width, picture.height, at)
            return _rgb(_upright(picture))
    except Image.DecompressionBombError:
        raise InvalidField(at, f"has too many pixels; the limit is {MAX_PIXELS:,}") from None
    except (InvalidField, MemoryError):
        raise
    except Exception as error:  # decoders raise nearly anything for damaged files
        raise InvalidField(at, "cannot be read as a PNG, JPEG or WebP picture; is it whole?") from error


def _check_size(width: int, height: int, at: str) -> None:
    if width * height > MAX_PIXELS:
        raise InvalidField(at, f"has {width * height:,} pixels; the limit is {MAX_PIXELS:,}")
    if max(width, height) > MAX_SIDES_RATIO * min(width, height):
        raise InvalidField(
            at,
            f"is {width:,} by {height:,} pixels; one side may be {MAX_SIDES_RATIO} times the other at most",
        )


def _upright(picture: Image) -> Image:
    """Turned and mirrored as the camera noted; a note that cannot be read says nothing about the pixels."""
    from PIL import ImageOps

    picture.load()
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(picture, in_place=True)
    return picture


def _rgb(picture: Image) -> Image:
    from PIL import Image

    if picture.mode.startswith("I"):
        return _eight_bits(picture).convert("RGB")
    if "A" in picture.getbands() or "transparency" in picture.info:
        coloured = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        white = Image.new("RGB", coloured.size, "white")
        white.paste(coloured, mask=coloured)
        return white
    return picture.convert("RGB")


def _eight_bits(picture: Image) -> Image:
    """Sixteen bits a pixel to eight; Pillow's own conversion would cut instead of scale."""
    import numpy as np
    from PIL import Image

    return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
