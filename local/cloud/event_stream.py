"""Messages of ``application/vnd.amazon.eventstream``, in which InvokeWithResponseStream answers.

Source: Smithy specification, "Amazon Event Stream"; AWS Lambda API reference, "InvokeWithResponseStream".
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.cloud.runtime_api import Result

MEDIA_TYPE = "application/vnd.amazon.eventstream"
STRING = 7
"""The number of a header's type."""


def payload_chunk(data: bytes) -> bytes:
    """A piece of the answer."""
    return _message("PayloadChunk", "application/octet-stream", data)


def invoke_complete(result: Result, log_tail: bytes | None) -> bytes:
    """The last message: how the call ended, and the end of its log if that was asked for."""
    told: dict[str, str] = {}
    if result.error:
        told = {"ErrorCode": result.error, "ErrorDetails": result.payload.decode("utf-8", "replace")}
    if log_tail is not None:
        told["LogResult"] = base64.b64encode(log_tail).decode()
    return _message("InvokeComplete", "application/json", json.dumps(told).encode())


def _message(event: str, content_type: str, payload: bytes) -> bytes:
    named = {":event-type": event, ":content-type": content_type, ":message-type": "event"}
    headers = b"".join(_header(name, value) for name, value in named.items())
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    checked = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return checked + struct.pack(">I", zlib.crc32(checked))


def _header(name: str, value: str) -> bytes:
    text = value.encode()
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", STRING, len(text)) + text
