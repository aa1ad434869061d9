"""A painted picture -> the bytes that the caller's ``Accept`` asks for."""

from __future__ import annotations

import base64
import io
from typing import Any

from inference.errors import NotAcceptable

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
JSON = "application/json"
JPEG_QUALITY = 90


def content_type(accept: str) -> str:
    """The first type that is asked for and can be made; PNG for anyone who takes anything."""
    asked = [part.split(";")[0].strip().lower() for part in accept.split(",")]
    for name in asked:
        if name in FORMATS or name == JSON:
            return name
        if name in ("", "*/*", "image/*"):
            return "image/png"
    raise NotAcceptable(f"can be made as {', '.join(FORMATS)} or {JSON}")


def encode(picture: Any, kind: str) -> bytes:
    """A PIL picture as a file."""
    stream = io.BytesIO()
    picture.save(stream, FORMATS[kind], quality=JPEG_QUALITY)
    return stream.getvalue()


def as_json(picture: Any) -> dict[str, str]:
    """For direct invokes and callers who ask for JSON."""
    return {"image": base64.b64encode(encode(picture, "image/png")).decode(), "content_type": "image/png"}
