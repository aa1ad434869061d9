"""The process that decodes sound, by FFmpeg in PyAV: ``python -m inference.media.sound_child``."""

from __future__ import annotations

import importlib
import io
import pkgutil
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from inference.media.child import Unreadable, serve
from inference.media.containers import CODECS
from inference.media.formats import SOUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from numpy.typing import NDArray

    from inference.media.child import Send

MIN_RATE = 4_000
MAX_RATE = 192_000
MAX_CHANNELS = 8
MAX_AMPLITUDE = 32_768.0
"""Full scale is 1; float files that were never scaled down from 16 bits stay readable, larger is damage."""
MOST_DAMAGE = 0.1
"""Of a file's packets. A file that was cut off, or joined on the way, has one or two that are broken."""
BLOCK_FRAMES = 1 << 17
"""Samples that are sent at once, at least."""
FULL_SCALE = {"u8": 1 << 7, "s16": 1 << 15, "s32": 1 << 31, "flt": 1, "dbl": 1}
"""FFmpeg's sample formats -> what stands for 1."""
OPTIONS = {
    "codec_whitelist": ",".join(sorted(CODECS)),
    "protocol_whitelist": "none",
}
"""What a file names elsewhere is not opened, and its pictures are not decoded to learn their size."""


def decode(job: Mapping[str, Any], data: bytes, send: Send) -> dict[str, Any]:
    """The sound in float32 blocks at its own rate, channels averaged; returns ``{}`` at its end.

    ``job`` names the demuxer (``format``) and the limit (``max_seconds``). Lengths that headers tell are not
    asked: what is there is decoded, up to the limit. The first block is the rate alone, in 4 bytes.
    """
    try:
        source = io.BytesIO(data)
        with av.open(source, "r", format=job["format"], options=OPTIONS, metadata_errors="ignore") as file:
            _send_blocks(_mono(file, _sound_of(file)), job["max_seconds"], send)
    except av.error.FFmpegError:  # its text names an address, and no cause that helps
        raise Unreadable(f"is damaged, cut off or no {SOUND} file") from None
    return {}


def _sound_of(file: InputContainer) -> AudioStream:
    if not file.streams.audio:
        raise Unreadable("has no sound in it")
    stream = file.streams.audio[0]
    context = stream.codec_context
    if context is None or context.name not in CODECS:
        raise Unreadable("has sound that is encoded in a way that this does not read")
    context.thread_count = 1
    return stream


def _mono(file: InputContainer, stream: AudioStream) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The rate and the samples of each frame."""
    packets = damaged = 0
    for packet in _packets(file, stream):
        packets += 1
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            damaged += 1
            continue
        for frame in frames:
            assert isinstance(frame, av.AudioFrame)
            yield _checked_rate(frame), _samples(frame)
    if damaged > max(1, MOST_DAMAGE * packets):
        raise Unreadable(f"is damaged: {damaged:,} of its {packets:,} packets cannot be decoded")


def _packets(file: InputContainer, stream: AudioStream) -> Iterator[av.Packet[AudioStream]]:
    """Until the file ends, as it says or where it is cut off."""
    packets = file.demux(stream)
    while True:
        try:
            yield next(packets)
        except (StopIteration, av.error.FFmpegError):
            return


def _checked_rate(frame: AudioFrame) -> int:
    rate, channels = frame.sample_rate, frame.layout.nb_channels
    if not MIN_RATE <= rate <= MAX_RATE:
        limits = f"between {MIN_RATE:,} and {MAX_RATE:,} Hz are read"
        raise Unreadable(f"has a rate of {rate:,} Hz; {limits}")
    if channels > MAX_CHANNELS:
        raise Unreadable(f"has {channels:,} channels; the limit is {MAX_CHANNELS}")
    return rate


def _samples(frame: AudioFrame) -> NDArray[np.float32]:
    """Channels averaged, full scale 1."""
    samples = frame.to_ndarray()
    if frame.format.is_packed:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    kind = frame.format.packed.name
    if kind not in FULL_SCALE:
        raise Unreadable("has sound that is encoded in a way that this does not read")
    mean = samples.mean(axis=0, dtype=np.float64 if kind in ("s32", "dbl") else np.float32)
    if kind == "u8":
        mean -= FULL_SCALE[kind]
    scaled: NDArray[np.float32] = (mean / FULL_SCALE[kind]).astype(np.float32)
    if not np.abs(scaled).max(initial=0) <= MAX_AMPLITUDE:  # NaN fails this too
        raise Unreadable("has samples that are not finite numbers, or far beyond full scale")
    return scaled


def _send_blocks(frames: Iterator[tuple[int, NDArray[np.float32]]], max_seconds: float, send: Send) -> None:
    """The rate, then the samples, joined to blocks."""
    first_rate, count, waiting = 0, 0, bytearray()
    for rate, samples in frames:
        if not first_rate:
            first_rate = rate
            send(rate.to_bytes(4, "little"))
        if rate != first_rate:
            raise Unreadable(f"changes its rate from {first_rate:,} to {rate:,} Hz on the way")
        count += len(samples)
        if count > max_seconds * rate:
            raise Unreadable(f"is longer than {max_seconds:,.0f} seconds, which is the limit")
        waiting += samples.tobytes()
        if len(waiting) >= BLOCK_FRAMES * samples.itemsize:
            send(bytes(waiting))
            waiting.clear()
    if not count:
        raise Unreadable("has no sound in it")
    send(bytes(waiting))


def register() -> None:
    """Import what PyAV does only when it meets a stream: a fork can open no file, and so import nothing."""
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith(("__main__", "datasets")):
            importlib.import_module(module.name)
    av.logging.set_level(av.logging.PANIC)


if __name__ == "__main__":
    register()
    serve(decode)
