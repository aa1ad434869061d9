"""Weights that are not numbers: found before anything is computed with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.errors import ModelUnavailable
from inference.jobs.refused import Refused

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

CHUNK = 1 << 22
"""Values that are looked at together, so that memory stays small."""

# Type in a safetensors header -> numpy's type of as many bits, and the largest bit pattern without a sign
# that is a number or an infinity (IEEE 754; bfloat16 is the upper half of a float).
LARGEST = {
    "F64": ("<u8", 0x7FF0 << 48),
    "F32": ("<u4", 0x7F80 << 16),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}


def refuse_nan(snapshot: Path) -> None:
    """Raises :class:`Refused` with the name of the first weight that holds a NaN.

    Infinities are let through: masks are made of them.
    """
    for path in sorted(snapshot.rglob("*.safetensors")):
        for name, values, largest in _floats(path):
            if _any_above(values, largest):
                told = f"its weight {name[:100]!r} holds values that are not numbers; the file is damaged"
                raise Refused(ModelUnavailable(told))


def _floats(path: Path) -> list[tuple[str, NDArray[np.unsignedinteger], int]]:
    """Name, values and largest pattern of each weight; a file that cannot be read is told by who loads it."""
    import json

    import numpy as np

    found = []
    try:
        data = np.memmap(path, np.uint8, mode="r")
        length = int.from_bytes(data[:8].tobytes(), "little")
        header = json.loads(data[8 : 8 + length].tobytes())
        for name, entry in header.items():
            if name != "__metadata__" and entry["dtype"] in LARGEST:
                kind, largest = LARGEST[entry["dtype"]]
                first, last = (8 + length + offset for offset in entry["data_offsets"])
                found.append((name, data[first:last].view(kind), largest))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    return found


def _any_above(values: NDArray[np.unsignedinteger], largest: int) -> bool:
    bits = values.dtype.itemsize * 8
    without_sign = values.dtype.type((1 << (bits - 1)) - 1)
    return any(
        bool(((values[first : first + CHUNK] & without_sign) > largest).any())
        for first in range(0, len(values), CHUNK)
    )
