"""A painted picture -> the bytes that the caller's ``Accept`` asks for."""

from __future__ import annotations

import base64
import io
import re
from typing import Any

from inference.errors import NotAcceptable

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
JSON = "application/json"
ANY = {"": "image/png", "*/*": "image/png", "image/*": "image/png", "application/*": JSON}
JPEG_QUALITY = 90


def content_type(accept: str) -> str:
    """What is asked for most and can be made, the first of equals; PNG for anyone who takes anything."""
    asked = sorted(map(_range, accept.lower().split(",")), key=lambda asked: -asked[1])
    for name, quality in asked:
        if quality > 0 and (name in FORMATS or name == JSON):
            return name
        if quality > 0 and name in ANY:
            return ANY[name]
    raise NotAcceptable(f"can be made as {', '.join(FORMATS)} or {JSON}")


def _range(part: str) -> tuple[str, float]:
    """``image/png;q=0.5`` -> its name, and how much it is wanted from 0 to 1."""
    name, *parameters = (word.strip() for word in part.split(";"))
    quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
    return name, float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 1.0


def encode(picture: Any, kind: str) -> bytes:
    """A PIL picture as a file."""
    stream = io.BytesIO()
    picture.save(stream, FORMATS[kind], quality=JPEG_QUALITY)
    return stream.getvalue()


def as_json(picture: Any) -> dict[str, str]:
    """For direct invokes and callers who ask for JSON."""
    return {"image": base64.b64encode(encode(picture, "image/png")).decode(), "content_type": "image/png"}
