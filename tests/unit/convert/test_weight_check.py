"""A weight that holds a NaN is named, whatever its type; infinities and other types are let through."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest

from inference.convert import weight_check
from inference.jobs.refused import Refused

if TYPE_CHECKING:
    from pathlib import Path

NAN = {"F64": struct.pack("<d", float("nan")), "F32": struct.pack("<f", float("nan")), "F16": b"\x00\x7e"}
INFINITY = {
    "F64": struct.pack("<d", -float("inf")),
    "F32": struct.pack("<f", -float("inf")),
    "F16": b"\x00\xfc",
}
NAN["BF16"], INFINITY["BF16"] = b"\xc0\xff", b"\x80\xff"


def write(path: Path, kind: str, values: bytes) -> None:
    """A safetensors file with one good weight and one of these values."""
    good = bytes(3)
    entries = {
        "__metadata__": {"format": "pt"},
        "good": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]},
        "odd": {"dtype": kind, "shape": [1], "data_offsets": [3, 3 + len(values)]},
    }
    header = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + good + values)


@pytest.mark.parametrize("kind", NAN)
def test_a_nan_is_named(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "model.safetensors", kind, bytes(len(NAN[kind])) + NAN[kind])
    with pytest.raises(Refused, match="its weight 'odd' holds values that are not numbers"):
        weight_check.refuse_nan(tmp_path)


@pytest.mark.parametrize("kind", INFINITY)
def test_an_infinity_may_be_a_mask(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "model.safetensors", kind, INFINITY[kind])
    weight_check.refuse_nan(tmp_path)


@pytest.mark.parametrize(
    "text", [b"", b"\xff" * 8, struct.pack("<Q", 2) + b"[]", struct.pack("<Q", 4) + b'{"a"']
)
def test_a_file_that_cannot_be_read_is_left_to_who_loads_it(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(text)
    weight_check.refuse_nan(tmp_path)


def test_a_nan_in_the_last_chunk_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weight_check, "CHUNK", 4)
    write(tmp_path / "model.safetensors", "F32", bytes(4 * 9) + NAN["F32"])
    with pytest.raises(Refused, match="'odd'"):
        weight_check.refuse_nan(tmp_path)
