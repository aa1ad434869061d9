"""Files with seeded damage: flipped bits, wrong lengths, missing and foreign parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

LENGTHS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
HEAD_BYTES = 400
"""Most of what a decoder believes stands here."""


def mutated(files: Sequence[bytes], count: int, random: Random) -> Iterator[bytes]:
    """So many damaged files, each of one of ``files``."""
    kinds = (_flip, _length, _cut, _remove, _insert, _splice)
    for _ in range(count):
        data = bytearray(random.choice(files))
        for _ in range(random.choice((1, 1, 2, 4, 16))):
            random.choice(kinds)(data, random, files)
        yield bytes(data)


def _place(data: bytearray, random: Random) -> int:
    most = min(len(data), HEAD_BYTES) if random.random() < 0.7 else len(data)
    return random.randrange(most) if most else 0


def _flip(data: bytearray, random: Random, files: Sequence[bytes]) -> None:
    if data:
        data[_place(data, random)] ^= 1 << random.randrange(8)


def _length(data: bytearray, random: Random, files: Sequence[bytes]) -> None:
    """Four bytes in either order, as sizes, counts and rates stand."""
    at = _place(data, random)
    data[at : at + 4] = random.choice(LENGTHS).to_bytes(4, random.choice(("big", "little")))


def _cut(data: bytearray, random: Random, files: Sequence[bytes]) -> None:
    del data[max(1, int(len(data) * random.random())) :]


def _remove(data: bytearray, random: Random, files: Sequence[bytes]) -> None:
    at = _place(data, random)
    del data[at : at + random.randrange(1, 64)]


def _insert(data: bytearray, random: Random, files: Sequence[bytes]) -> None:
    at = _place(data, random)
    data[at:at] = random.randbytes(random.randrange(1, 64))


def _splice(data: bytearray, random: Random, files: Sequence[bytes]) -> None:
    other = random.choice(files)
    at, begin = _place(data, random), random.randrange(len(other))
    data[at : at + 200] = other[begin : begin + 200]
