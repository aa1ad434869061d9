"""Read CTranslate2's ``model.bin``: names and tensors, as its ``specs/model_spec.py`` writes them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

VERSION = 6
DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""bfloat16, which numpy has no name for, is not read."""


class _BinReader:
    """Reads little-endian values in sequence."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from(f"<{form}", self._data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return int(value)

    def name(self) -> str:
        return self.take(self.number("H"))[:-1].decode()  # a zero byte ends it

    def take(self, count: int) -> bytes:
        self._at += count
        return self._data[self._at - count : self._at]


def read(path: Path) -> dict[str, NDArray[Any]]:
    """Every variable by name; an alias has the tensor of its target."""
    reader = _BinReader(path.read_bytes())
    if (version := reader.number("I")) != VERSION:
        raise ValueError(f"{path.name} is of version {version}, not {VERSION}")
    reader.name()  # the kind of model
    reader.number("I")  # its revision
    tensors = dict(_variable(reader) for _ in range(reader.number("I")))
    for _ in range(reader.number("I")):
        alias, name = reader.name(), reader.name()
        tensors[alias] = tensors[name]
    return tensors


def _variable(reader: _BinReader) -> tuple[str, NDArray[Any]]:
    name = reader.name()
    shape = [reader.number("I") for _ in range(reader.number("B"))]
    dtype = DTYPES[reader.number("B")]
    return name, np.frombuffer(reader.take(reader.number("I")), dtype).reshape(shape)
