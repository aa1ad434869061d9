"""How long an MP3 stream is, told to a decoder that would only guess.

The decoder takes the length from the stream's Xing or VBRI frame. Without one it guesses from the first
frame's bit rate and stops there: a stream of varying bit rate, as encoders write it to a pipe, would lose its
end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
KBITS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""By the header's index, for MPEG 1 and for MPEG 2 and 2.5; 0 means a length that frames do not tell."""
RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
"""Samples a second by the header's version bits and index."""
MIDDLE_RATE_INDEX = 8
"""A bit rate whose frames have room for the count."""
MONO = 3


@dataclass(frozen=True)
class Header:
    """What the four bytes in front of a layer III frame say."""

    version: int
    rate: int
    is_mono: bool
    size: int
    """Bytes of the whole frame."""

    @property
    def mark_at(self) -> int:
        """Where the frame may carry ``Xing``: behind header and side information."""
        if self.version == 3:
            return 4 + (17 if self.is_mono else 32)
        return 4 + (9 if self.is_mono else 17)


def with_length(data: bytes) -> bytes:
    """The stream with a first frame that tells its length, unless it has one or is no layer III stream."""
    begin = _behind_tag(data)
    first = read_header(data[begin : begin + 4])
    if first is None or _tells_length(data[begin : begin + first.size], first):
        return data
    count = sum(1 for _ in frames(data, begin, first))
    return data[:begin] + _length_frame(data[begin : begin + 4], count) + data[begin:]


def read_header(head: bytes) -> Header | None:
    """The header of a layer III frame, if these four bytes are one."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, rate_index = head[1] >> 3 & 3, head[2] >> 2 & 3
    kbits = (KBITS_1 if version == 3 else KBITS_2)[index] if (index := head[2] >> 4) < 15 else 0
    if version not in RATES or rate_index == 3 or not kbits:
        return None
    rate = RATES[version][rate_index]
    size = (144 if version == 3 else 72) * kbits * 1000 // rate + (head[2] >> 1 & 1)
    return Header(version, rate, head[3] >> 6 == MONO, size)


def frames(data: bytes, begin: int, first: Header) -> Iterator[Header]:
    """Every frame of the first one's kind; what stands between frames is passed over."""
    place = begin
    while 0 <= place < len(data):
        header = read_header(data[place : place + 4])
        if header and (header.version, header.rate) == (first.version, first.rate):
            yield header
            place += header.size
        else:
            place = data.find(b"\xff", place + 1)


def _behind_tag(data: bytes) -> int:
    """Where sound may begin: behind an ID3 tag, whose size has seven bits a byte."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def _tells_length(frame: bytes, header: Header) -> bool:
    mark = frame[header.mark_at : header.mark_at + 4]
    return mark in (b"Xing", b"Info") or frame[36:40] == b"VBRI"


def _length_frame(head: bytes, count: int) -> bytes:
    """A silent frame like the first one, without checksum or padding, that carries the number of frames."""
    head = bytes([head[0], head[1] | 1, MIDDLE_RATE_INDEX << 4 | head[2] & 0x0C, head[3]])
    header = read_header(head)
    assert header is not None
    body = bytes(header.mark_at - 4) + b"Xing" + (1).to_bytes(4, "big") + count.to_bytes(4, "big")
    return (head + body).ljust(header.size, b"\0")
