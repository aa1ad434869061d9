"""Hostile inputs to running functions: a clear error, bounded memory, and the next request is answered."""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from inference.task import packaged
from inference.tasks import get_task

if TYPE_CHECKING:
    from tests.support.served import Served

GROWTH_MB = 150
"""What answering an error may add to a function's peak memory; 30,000 x 30,000 pixels would be 2,700 MB."""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_bomb(side: int = 30_000) -> bytes:
    """A small file of a vast picture, complete in every way."""
    packer = zlib.compressobj(9)
    rows = [packer.compress(bytes(side // 8 + 1)) for _ in range(side)]
    pixels = b"".join([*rows, packer.flush()])
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def truncated_jpeg() -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(stream, "JPEG")
    return stream.getvalue()[: len(stream.getvalue()) // 2]


MEDIA = {
    "a vast PNG": ("image-classification", png_bomb, "pixels"),
    "half a JPEG": ("image-classification", truncated_jpeg, "inputs"),
    "no picture": ("image-classification", lambda: b"GIF89a" + bytes(100), "PNG"),
    "no sound": ("speech", lambda: bytes(5000), "WAV"),
}


def peaks_mb(served: Served) -> dict[int, int]:
    """Process -> the most memory that it ever took."""
    peaks = {}
    for pid in served.children():
        status = Path(f"/proc/{pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        peaks[pid] = int(line.split()[1]) // 1024
    return peaks


def growth_mb(served: Served, before: dict[int, int]) -> int:
    """Of the process whose peak rose most; all of them have to be there still."""
    after = peaks_mb(served)
    assert before.keys() <= after.keys()
    return max(after[pid] - peak for pid, peak in before.items())


@pytest.mark.parametrize("name", MEDIA)
def test_hostile_media(served: Served, name: str) -> None:
    function, make, words = MEDIA[name]
    example = {"inputs": packaged("three.png" if function.startswith("image") else "sentence.ogg")}
    assert served.post(f"{function}/", example).status_code == 200
    before_mb = peaks_mb(served)
    for form in ({"content": make()}, {"body": {"inputs": base64.b64encode(make()).decode()}}):
        reply = served.post(f"{function}/", **form)
        assert reply.status_code == 422, reply.text
        assert words in reply.json()["error"]
    assert growth_mb(served, before_mb) < GROWTH_MB
    assert served.post(f"{function}/", example).status_code == 200


TEXTS: dict[str, tuple[str, Any, str]] = {
    "a megabyte of text": ("sentiment", {"inputs": "x" * 1_000_000}, "limit is 20,000"),
    "ten thousand texts": ("sentiment", {"inputs": ["x"] * 10_000}, "limit is 2,048"),
    "ten thousand labels": (
        "classification",
        {"inputs": "x", "parameters": {"candidate_labels": [str(i) for i in range(10_000)]}},
        "limit is 32",
    ),
    "a billion tokens": ("chat", {"inputs": "x", "parameters": {"max_new_tokens": 1e9}}, "2,048"),
    "a lone surrogate": ("entities", {"inputs": "a\ud800b"}, "surrogate"),
    "an address": ("image-classification", {"inputs": "http://169.254.169.254/latest"}, "not fetched"),
    "a path": ("speech", {"inputs": "file:///etc/passwd"}, "not fetched"),
    "a vast picture": ("image", {"inputs": "x", "parameters": {"height": 100_000}}, "between 64 and 768"),
    "not a number": ("sentiment", {"inputs": "x", "parameters": {"top_k": float("nan")}}, "NaN"),
    "infinity": ("chat", {"inputs": "x", "parameters": {"temperature": float("inf")}}, "Infinity"),
    "six megabytes of brackets": ("entities", b'{"inputs": ' + b"[" * 6_000_000, "nested too deeply"),
    "six megabytes of names": (
        "embeddings",
        {str(number): None for number in range(300_000)},
        "0: is unknown; known: inputs",
    ),
}
MALFORMED = ("not a number", "infinity", "six megabytes of brackets")


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_json(served: Served, name: str) -> None:
    function, body, words = TEXTS[name]
    example = get_task(function.replace("-", "_")).examples[0].body
    accept = {"accept": "application/json"}
    assert served.post(f"{function}/", dict(example), headers=accept).status_code == 200
    before_mb = peaks_mb(served)
    # A lone surrogate can only be sent escaped.
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = served.post(f"{function}/", content=content, headers={"content-type": "application/json"})
    assert reply.status_code == (400 if name in MALFORMED else 422), reply.text
    assert words in reply.json()["error"]
    assert growth_mb(served, before_mb) < GROWTH_MB
    assert served.post(f"{function}/", dict(example), headers=accept).status_code == 200
