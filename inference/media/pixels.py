"""A picture's bytes -> RGB pixels within limits, by Pillow; the same here and in a process of its own."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import TYPE_CHECKING

from inference.media.child import Unreadable
from inference.media.formats import PICTURES

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 32_000_000
"""Decoding and turning needs up to 16 bytes of memory a pixel."""
MAX_SIDES_RATIO = 100
"""A model scales the shorter side to its own size; a hair-thin picture would become huge by that."""
MORE_FRAMES = "hublet_more_frames"
"""Among a picture's ``info``: whether its file has other frames or pages than the first."""


def read(data: bytes, formats: tuple[str, ...]) -> Image:
    """The first frame in RGB, upright, transparent parts on white.

    Raises :class:`Unreadable` for what is none of the formats, damaged, cut off, or larger than the limits.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on size our own limit comes next; the rest helps no caller
            picture = Image.open(io.BytesIO(data), formats=formats)
            _check_size(picture.width, picture.height)
            has_more = _has_more_frames(picture)
            found = _rgb(_upright(picture))
            found.info[MORE_FRAMES] = has_more
            return found
    except Image.DecompressionBombError:
        raise Unreadable(f"has too many pixels; the limit is {MAX_PIXELS:,}") from None
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # decoders raise nearly anything for damaged files
        raise Unreadable(f"cannot be read as a {PICTURES} picture; is it whole?") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise Unreadable(f"has {width * height:,} pixels; the limit is {MAX_PIXELS:,}")
    if max(width, height) > MAX_SIDES_RATIO * min(width, height):
        limit = f"one side may be {MAX_SIDES_RATIO} times the other at most"
        raise Unreadable(f"is {width:,} by {height:,} pixels; {limit}")


def _has_more_frames(picture: Image) -> bool:
    """Damage behind the first frame is no reason to refuse that one."""
    try:
        return bool(getattr(picture, "is_animated", False))
    except Exception:
        return True


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
