"""Bytes of a sound file -> what speech models hear: a mono float32 waveform at 16 kHz.

Files come from strangers, so a process of its own decodes them (:mod:`inference.media.sound_child`). Here
their kind is told by the first bytes, and what comes back is brought to the models' rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField
from inference.media.containers import demuxer_of
from inference.media.decoder import LONGEST_S, Decoder
from inference.media.formats import SOUND

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
"""Samples a second, of every waveform here."""
MAX_SECONDS = 1_800.0
DECODER = Decoder("inference.media.sound_child")


def decode(
    data: bytes, max_seconds: float = MAX_SECONDS, at: str = "inputs", limit_s: float = LONGEST_S
) -> NDArray[np.float32]:
    """A file's bytes -> waveform ``(samples,)``, channels averaged, about -1 to 1.

    What is there is decoded, whatever length a header tells. Raises ``InvalidField`` at ``at`` for bytes that
    are none of the formats or damaged, for sound that is empty or longer than ``max_seconds``, for rates or
    channel counts that no recorder has, and for a file that takes longer than ``limit_s`` to decode.
    """
    import numpy as np
    import soxr

    demuxer = demuxer_of(data)
    if demuxer is None:
        raise InvalidField(at, f"is not a sound file that this reads: {SOUND}")
    job = {"format": demuxer, "max_seconds": max_seconds}
    blocks = _blocks(DECODER.decode(data, job, at, limit_s))
    stream = soxr.ResampleStream(int.from_bytes(next(blocks), "little"), RATE, 1, dtype="float32")
    parts = [stream.resample_chunk(np.frombuffer(block, np.float32)) for block in blocks]
    parts.append(stream.resample_chunk(np.empty(0, np.float32), last=True))
    waveform: NDArray[np.float32] = np.concatenate(parts)
    return waveform


def waveform_of(item: bytes | NDArray[np.float32]) -> NDArray[np.float32]:
    """What an engine is given, a file's bytes or a waveform already, as a waveform."""
    return decode(item) if isinstance(item, bytes) else item


def _blocks(answer: Iterator[bytes | dict[str, Any]]) -> Iterator[bytes]:
    for each in answer:
        if isinstance(each, bytes):
            yield each
