"""Pictures: bytes -> pixels within limits, and a painted picture -> the bytes that ``Accept`` asks for.

Reading takes bytes only: no URL is fetched and no path is opened, whatever a caller sends.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, NotAcceptable
from inference.media import pixels
from inference.media.child import Unreadable
from inference.media.decoder import Decoder

if TYPE_CHECKING:
    from PIL.Image import Image

INPUT_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
"""Those that are read in this process, by Pillow's names."""
OUTPUT_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
"""Media type -> Pillow's name of the format."""
JSON = "application/json"
ANY = {"": "image/png", "*/*": "image/png", "image/*": "image/png", "application/*": JSON}
JPEG_QUALITY = 90
TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"
)
"""What a file that begins like a film says it is -> Pillow's name of the format."""
DECODER = Decoder("inference.media.picture_child")


def decode(data: bytes, at: str = "inputs") -> Image:
    """The picture in RGB, as its EXIF orientation says; the first frame where there are several.

    Transparent parts are shown on white. Raises :class:`InvalidField` at ``at`` for what is none of the
    formats, damaged, cut off, or larger than the limits.
    """
    guarded = _guarded_format(data)
    if guarded:
        return _decode_apart(data, guarded, at)
    try:
        return pixels.read(data, INPUT_FORMATS)
    except Unreadable as error:
        raise InvalidField(at, str(error)) from None


def has_more_frames(picture: Image) -> bool:
    """Whether the file had more pictures than the one that was decoded."""
    return bool(picture.info.get(pixels.MORE_FRAMES))


def _guarded_format(data: bytes) -> str | None:
    """Formats whose decoders are large, and met fewer hostile files: a process of its own reads them."""
    if data[:4] in TIFF_HEADS:
        return "TIFF"
    return BRANDS.get(data[8:12]) if data[4:8] == b"ftyp" else None


def _decode_apart(data: bytes, form: str, at: str) -> Image:
    from PIL import Image

    *blocks, end = DECODER.decode(data, {"format": form}, at)
    assert isinstance(end, dict)
    size = (int(end["width"]), int(end["height"]))
    picture = Image.frombytes("RGB", size, b"".join(block for block in blocks if isinstance(block, bytes)))
    picture.info[pixels.MORE_FRAMES] = end["has_more_frames"]
    return picture


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
