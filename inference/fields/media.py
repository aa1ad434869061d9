"""A file in a request: raw bytes, base64, or a data URL; never an address to fetch."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from inference.errors import InvalidField
from inference.fields.field import json_type

DATA_URL = re.compile(r"data:[\w.+-]+/[\w.+-]+(;[\w=.+-]+)*;base64,", re.IGNORECASE)
LONGEST_PREFIX = 200


@dataclass(frozen=True)
class Media:
    """An image or a recording, as bytes of a file; what they hold is checked when they are decoded."""

    name: str
    help: str
    kind: str
    """``image`` or ``audio``: the content types ``<kind>/*`` may carry it as the whole body."""
    formats: str
    """Names of the file formats, for messages."""
    default: None = None

    def read(self, value: Any, at: str) -> bytes:
        if isinstance(value, bytes):
            data = value
        elif isinstance(value, str):
            data = self._decoded(value, at)
        else:
            raise InvalidField(at, f"must be {self.formats} as base64, not {json_type(value)}")
        if not data:
            raise InvalidField(at, "must not be empty")
        return data

    def _decoded(self, value: str, at: str) -> bytes:
        if value[:8].lower().startswith(("http:", "https:", "file:", "s3:")):
            raise InvalidField(at, f"must be the {self.kind} itself as base64; addresses are not fetched")
        prefix = DATA_URL.match(value[:LONGEST_PREFIX])
        text = value[prefix.end() :] if prefix else value
        whole = text.replace("\n", "").replace("\r", "")  # many encoders break lines
        try:
            return base64.b64decode(whole, validate=True)
        except (binascii.Error, ValueError):
            raise InvalidField(at, f"is not valid base64 of {self.formats}") from None

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64", "minLength": 1}
