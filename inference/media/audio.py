"""Bytes of a sound file -> what speech models hear: a mono float32 waveform at 16 kHz.

Files come from strangers, so only four formats ever reach the decoder, the header's claims are checked before
anything is decoded, and decoding goes by blocks that stop at the limit whatever the header said.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField
from inference.media import mp3

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Samples a second, of every waveform here."""
MAX_SECONDS = 1_800.0
MIN_RATE = 4_000
MAX_RATE = 192_000
MAX_CHANNELS = 8
MAX_AMPLITUDE = 32_768.0
"""Full scale is 1; float files that were never scaled down from 16 bits stay readable, larger is damage."""
FORMATS = "WAV, FLAC, OGG or MP3"
BLOCK_SECONDS = 10
SLACK_FRAMES = 2 * 1152
"""So far may an MP3 stream's own count be from what it holds."""
UNKNOWN_FRAMES = 2**62
"""An OGG file without a last page counts more than this."""
STREAMED_BYTES = 0x7FFF_0000
"""A WAV file that was written to a pipe claims at least this much data."""


def decode(data: bytes, max_seconds: float = MAX_SECONDS, at: str = "inputs") -> NDArray[np.float32]:
    """A file's bytes -> waveform ``(samples,)``, channels averaged, about -1 to 1.

    Raises ``InvalidField`` at ``at`` for bytes that are none of the formats, damaged or cut off, for sound
    that is empty or longer than ``max_seconds``, and for rates or channel counts that no recorder has.
    """
    import numpy as np
    import soundfile
    import soxr

    if not _is_known(data):
        raise InvalidField(at, f"is not a sound file that this reads: {FORMATS}")
    if _is_cut_off(data):
        raise InvalidField(at, f"is cut off: a whole {FORMATS} file is needed")
    try:
        with soundfile.SoundFile(io.BytesIO(mp3.with_length(data))) as file:
            _check_header(file, max_seconds, at)
            stream = soxr.ResampleStream(file.samplerate, RATE, 1, dtype="float32")
            blocks = [stream.resample_chunk(block) for block in _blocks(file, max_seconds, at)]
            blocks.append(stream.resample_chunk(np.empty(0, np.float32), last=True))
    except soundfile.SoundFileError:  # its text names an object's address, and no cause that helps
        raise InvalidField(at, f"is damaged, cut off or no {FORMATS} file") from None
    waveform: NDArray[np.float32] = np.concatenate(blocks)
    return waveform


def waveform_of(item: bytes | NDArray[np.float32]) -> NDArray[np.float32]:
    """What an engine is given, a file's bytes or a waveform already, as a waveform."""
    return decode(item) if isinstance(item, bytes) else item


def _is_known(data: bytes) -> bool:
    """Whether the first bytes are one of the formats'; the decoder knows many more, less used ones."""
    if data[:4] == b"RIFF":
        return data[8:12] == b"WAVE"
    is_mpeg = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0
    return is_mpeg or data[:4] in (b"fLaC", b"OggS") or data[:3] == b"ID3"


def _is_cut_off(data: bytes) -> bool:
    """Whether a WAV file's samples end before its header says; the decoder would not mind."""
    if data[:4] != b"RIFF":
        return False
    place = 12
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        place += 8
        if data[place - 8 : place - 4] == b"data":
            return size < STREAMED_BYTES and place + size > len(data)
        place += size + size % 2
    return False


def _check_header(file: Any, max_seconds: float, at: str) -> None:
    """Refuse by the header alone what would be refused after minutes of decoding."""
    if not MIN_RATE <= file.samplerate <= MAX_RATE:
        problem = f"has a rate of {file.samplerate:,} Hz; between {MIN_RATE:,} and {MAX_RATE:,} Hz are read"
        raise InvalidField(at, problem)
    if file.channels > MAX_CHANNELS:
        raise InvalidField(at, f"has {file.channels:,} channels; the limit is {MAX_CHANNELS}")
    if file.frames < UNKNOWN_FRAMES and file.frames > max_seconds * file.samplerate:
        raise _too_long(max_seconds, at)


def _blocks(file: Any, max_seconds: float, at: str) -> Iterator[NDArray[np.float32]]:
    """Mono blocks at the file's own rate."""
    import numpy as np

    count = 0
    while len(block := file.read(BLOCK_SECONDS * file.samplerate, dtype="float32", always_2d=True)):
        count += len(block)
        if count > max_seconds * file.samplerate:
            raise _too_long(max_seconds, at)
        if not np.abs(block).max() <= MAX_AMPLITUDE:  # NaN fails this too
            raise InvalidField(at, "has samples that are not finite numbers, or far beyond full scale")
        yield block.mean(axis=1)
    if count + SLACK_FRAMES < file.frames < UNKNOWN_FRAMES:
        raise InvalidField(at, f"is cut off: a whole {FORMATS} file is needed")
    if not count:
        raise InvalidField(at, "has no sound in it")


def _too_long(max_seconds: float, at: str) -> InvalidField:
    return InvalidField(at, f"is longer than {max_seconds:,.0f} seconds, which is the limit")
