"""Sound files of every kind, made by FFmpeg's encoders."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TONE_HZ = 440.0
KINDS = {
    # name -> container, codec, rate in Hz
    "m4a": ("mp4", "aac", 44_100),
    "mp4 without an end": ("mp4", "aac", 48_000),
    "mov, alac": ("mov", "alac", 16_000),
    "aac": ("adts", "aac", 44_100),
    "webm": ("webm", "libopus", 48_000),
    "matroska, flac": ("matroska", "flac", 16_000),
    "3gp, amr": ("3gp", "libopencore_amrnb", 8_000),
    "amr": ("amr", "libopencore_amrnb", 8_000),
    "aiff": ("aiff", "pcm_s16be", 22_050),
    "caf": ("caf", "pcm_s16le", 16_000),
    "ogg, opus": ("ogg", "libopus", 48_000),
    "ogg, flac": ("ogg", "flac", 16_000),
    "g722": ("wav", "g722", 16_000),
    "rf64": ("wav", "pcm_s16le", 16_000),
    "wav, adpcm": ("wav", "adpcm_ima_wav", 16_000),
    "flac": ("flac", "flac", 48_000),
    "mp3": ("mp3", "libmp3lame", 16_000),
}
OPTIONS = {"rf64": {"rf64": "always"}, "mp4 without an end": {"movflags": "frag_keyframe+empty_moov"}}
"""What muxers are told besides; the second is how a browser records."""


def tone(rate: int, seconds: float = 2.0) -> NDArray[np.float32]:
    """``(samples,)`` of 440 Hz."""
    return (0.3 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def made(kind: str, seconds: float = 2.0) -> bytes:
    """A tone in one of ``KINDS``."""
    container, codec, rate = KINDS[kind]
    return encoded(tone(rate, seconds), rate, container, codec, OPTIONS.get(kind, {}))


def encoded(
    samples: NDArray[Any], rate: int, container: str, codec: str, options: dict[str, str] | None = None
) -> bytes:
    """Mono float samples as a file."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options or {}) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None], np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(
            stream.codec_context.format, "mono", rate, frame_size=stream.codec_context.frame_size or 1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            output.mux(stream.encode(part))
    return file.getvalue()


def silent_film() -> bytes:
    """An MP4 file with one picture and no sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("mpeg4", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = 16
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        for each in (frame, None):
            output.mux(stream.encode(each))
    return file.getvalue()
