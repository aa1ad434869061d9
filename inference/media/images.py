"""Pictures: bytes -> pixels within limits, and a painted picture -> the bytes that ``Accept`` asks for.

Reading takes bytes only: no URL is fetched and no path is opened, whatever a caller sends.
"""

from __future__ import annotations

import base64
import contextlib
import io
import re
import warnings
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, NotAcceptable

if TYPE_CHECKING:
    from PIL.Image import Image

INPUT_FORMATS = ("PNG", "JPEG", "WEBP")
OUTPUT_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
"""Media type -> Pillow's name of the format."""
JSON = "application/json"
ANY = {"": "image/png", "*/*": "image/png", "image/*": "image/png", "application/*": JSON}
JPEG_QUALITY = 90
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
            picture = Image.open(io.BytesIO(data), formats=INPUT_FORMATS)
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


def content_type(accept: str) -> str:
    """What is asked for most and can be made, the first of equals; PNG for anyone who takes anything."""
    asked = sorted(map(_range, accept.lower().split(",")), key=lambda asked: -asked[1])
    for name, quality in asked:
        if quality > 0 and (name in OUTPUT_FORMATS or name == JSON):
            return name
        if quality > 0 and name in ANY:
            return ANY[name]
    raise NotAcceptable(f"can be made as {', '.join(OUTPUT_FORMATS)} or {JSON}")


def _range(part: str) -> tuple[str, float]:
    """``image/png;q=0.5`` -> its name, and how much it is wanted from 0 to 1."""
    name, *parameters = (word.strip() for word in part.split(";"))
    quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
    return name, float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 1.0


def encode(picture: Any, kind: str) -> bytes:
    """A PIL picture as a file."""
    stream = io.BytesIO()
    picture.save(stream, OUTPUT_FORMATS[kind], quality=JPEG_QUALITY)
    return stream.getvalue()


def as_json(picture: Any) -> dict[str, str]:
    """For direct invokes and callers who ask for JSON."""
    return {"image": base64.b64encode(encode(picture, "image/png")).decode(), "content_type": "image/png"}
