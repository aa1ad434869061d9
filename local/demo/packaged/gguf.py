"""Read a GGUF file: its metadata, and its tensors in fp32. Supports only the tensor types we need."""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

VERSION = 3
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9
BLOCK = 32
"""Weights that share a scale."""
# Tensor type -> layout of a block; plain fp32 has blocks of one value.
F32, Q4_1, Q8_0 = 0, 3, 8
BLOCKS = {
    F32: np.dtype([("value", "<f4")]),
    Q4_1: np.dtype([("scale", "<f2"), ("least", "<f2"), ("pairs", "u1", (BLOCK // 2,))]),
    Q8_0: np.dtype([("scale", "<f2"), ("values", "i1", (BLOCK,))]),
}


@dataclass(frozen=True)
class Gguf:
    """The contents of the file; shapes are in torch's order, rows first."""

    metadata: dict[str, Any]
    tensors: dict[str, NDArray[np.float32]]


class _GgufReader:
    """Reads little-endian values in sequence."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data = data
        self.at = 0

    def number(self, form: str) -> Any:
        (value,) = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return value

    def text(self) -> str:
        count = self.number("Q")
        self.at += count
        return self.data[self.at - count : self.at].decode()

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            inner = self.number("I")
            return [self.value(inner) for _ in range(self.number("Q"))]
        return self.number(SCALARS[kind])


def read(path: Path) -> Gguf:
    """Read the whole file; ``KeyError`` for a tensor type that is not supported."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = _GgufReader(data)
        if reader.number("4s") != b"GGUF" or reader.number("I") != VERSION:
            raise ValueError(f"{path.name} is no GGUF file of version {VERSION}")
        tensor_count, value_count = reader.number("Q"), reader.number("Q")
        metadata = {reader.text(): reader.value(reader.number("I")) for _ in range(value_count)}
        places = [_read_place(reader) for _ in range(tensor_count)]
        alignment = int(metadata.get("general.alignment", 32))
        begin = math.ceil(reader.at / alignment) * alignment
        return Gguf(
            metadata, {name: _read_tensor(data, begin + at, kind, shape) for name, shape, kind, at in places}
        )


def _read_place(reader: _GgufReader) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape, tensor type, and offset in bytes."""
    name = reader.text()
    sizes = [reader.number("Q") for _ in range(reader.number("I"))]
    return name, tuple(reversed(sizes)), reader.number("I"), reader.number("Q")


def _read_tensor(data: mmap.mmap, begin: int, kind: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    dtype, size = BLOCKS[kind], math.prod(shape)
    count = size if kind == F32 else size // BLOCK
    blocks = np.frombuffer(data[begin : begin + count * dtype.itemsize], dtype)
    if kind == F32:
        return blocks["value"].reshape(shape)
    scale = blocks["scale"].astype(np.float32)[:, None]
    values: NDArray[np.float32]
    if kind == Q8_0:
        values = scale * blocks["values"]
    else:
        halves = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1)
        values = scale * halves + blocks["least"].astype(np.float32)[:, None]
    return values.reshape(shape)
