"""Sound files as callers send them: every format, rate and channel count, and everything that is none."""

from __future__ import annotations

import io
import struct
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.errors import InvalidField
from inference.media.audio import RATE, decode
from inference.media.sound_child import MAX_AMPLITUDE
from tests.support import sounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

TONE_HZ = 440.0
SECONDS = 2


def tone(rate: int, channels: int = 1, seconds: float = SECONDS) -> NDArray[np.float32]:
    """Shape ``(frames, channels)``: channels in phase, so that their mean is the tone again."""
    wave = 0.3 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(rate * seconds)) / rate)
    return np.repeat(wave.astype(np.float32)[:, None], channels, axis=1)


def encoded(samples: NDArray[Any], rate: int, format: str, subtype: str | None = None, **more: Any) -> bytes:
    buffer = io.BytesIO()
    channels = samples.shape[1] if samples.ndim == 2 else 1
    with soundfile.SoundFile(buffer, "w", rate, channels, format=format, subtype=subtype, **more) as file:
        file.write(samples)
    return buffer.getvalue()


def wav(samples: int = 1600, rate: int = RATE, channels: int = 1, claimed_bytes: int | None = None) -> bytes:
    """16-bit WAV made by hand, so that its header can say anything."""
    data = bytes(samples * channels * 2)
    size = len(data) if claimed_bytes is None else claimed_bytes
    block = channels * 2
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * block % 2**32, block, 16)
    return b"RIFF" + struct.pack("<I", min(size + 36, 2**32 - 1)) + b"WAVEfmt " + struct.pack(
        "<I", len(head)
    ) + head + b"data" + struct.pack("<I", size) + data  # fmt: skip


@pytest.mark.parametrize(
    ("format", "subtype", "rate", "channels"),
    [
        ("WAV", "PCM_16", 16_000, 1),
        ("WAV", "PCM_16", 8_000, 1),
        ("WAV", "FLOAT", 44_100, 2),
        ("WAVEX", "PCM_24", 96_000, 6),
        ("WAV", "ULAW", 11_025, 1),
        ("FLAC", None, 48_000, 2),
        ("FLAC", None, 192_000, 1),
        ("OGG", "VORBIS", 44_100, 2),
        ("OGG", "OPUS", 48_000, 1),
        ("MP3", None, 44_100, 2),
        ("MP3", None, 8_000, 1),
    ],
)
def test_every_format_rate_and_channel_count(
    format: str, subtype: str | None, rate: int, channels: int
) -> None:
    waveform = decode(encoded(tone(rate, channels), rate, format, subtype))
    assert waveform.dtype == np.float32
    assert waveform.shape == (SECONDS * RATE,)
    spectrum = np.abs(np.fft.rfft(waveform))
    assert spectrum.argmax() / SECONDS == TONE_HZ
    assert np.abs(waveform[2000:-2000]).max() == pytest.approx(0.3, rel=0.15)


def test_samples_at_the_rate_of_the_model_stay_as_they_are() -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 5_000).astype(np.float32)
    assert np.array_equal(decode(encoded(samples, RATE, "WAV", "FLOAT")), samples)


def test_channels_are_averaged() -> None:
    left = tone(RATE)[:, 0]
    both = np.stack([left, np.zeros_like(left)], axis=1)
    assert decode(encoded(both, RATE, "WAV", "FLOAT")) == pytest.approx(left / 2, abs=1e-6)


def test_blocks_leave_no_seams() -> None:
    samples = tone(44_100, seconds=45)
    whole = decode(encoded(samples, 44_100, "WAV", "FLOAT"))
    steps = np.abs(np.diff(whole, 2))[100:-100]
    assert steps.max() < 2 * np.median(steps.reshape(-1)) * 2


@pytest.mark.parametrize("kind", sounds.KINDS)
def test_what_phones_browsers_and_recorders_write(kind: str) -> None:
    waveform = decode(sounds.made(kind))
    assert len(waveform) / RATE == pytest.approx(SECONDS, abs=0.1)  # some encoders put silence around
    spectrum = np.abs(np.fft.rfft(waveform[: SECONDS * RATE]))
    assert spectrum.argmax() / SECONDS == pytest.approx(TONE_HZ, abs=1)
    assert np.sqrt(np.mean(waveform[4000:-4000] ** 2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        b"not a sound at all" * 50,
        b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(100),
        b"#EXTM3U\n#EXTINF:9,\nfile:///etc/hostname\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
        b"[Script Info]\nScriptType: v4.00+\n",
        encoded(tone(RATE), RATE, "AU"),
    ],
    ids=["empty", "four bytes", "text", "avi", "playlist", "concat", "subtitles", "au"],
)
def test_what_is_no_sound_file_is_refused_with_the_formats(data: bytes) -> None:
    with pytest.raises(InvalidField, match="WAV, FLAC, MP3, AAC, M4A") as raised:
        decode(data, at="inputs[3]")
    assert raised.value.field == "inputs[3]"


@pytest.mark.parametrize("format", ["WAV", "FLAC", "MP3"])
@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_a_file_that_ends_early_gives_what_is_there(format: str, kept: float) -> None:
    whole = encoded(tone(RATE, seconds=20), RATE, format)
    waveform = decode(whole[: int(len(whole) * kept)])
    assert len(waveform) / RATE == pytest.approx(20 * kept, abs=1.5)


def test_a_recording_without_its_index_is_refused() -> None:
    whole = sounds.made("m4a", seconds=10)
    with pytest.raises(InvalidField, match="damaged, cut off") as raised:
        decode(whole[: len(whole) // 2])
    assert "0x" not in raised.value.message


def test_a_film_without_sound_says_so() -> None:
    with pytest.raises(InvalidField, match="has no sound in it"):
        decode(sounds.silent_film())


@pytest.mark.parametrize(
    "head",
    [b"RIFF____WAVE", b"fLaC", b"OggS", b"ID3", b"____ftypM4A ", b"\x1a\x45\xdf\xa3", b"#!AMR\n", b"caff"],
)
def test_garbage_behind_a_good_beginning(head: bytes) -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        try:
            waveform = decode(head + rng.bytes(300))
        except InvalidField as error:
            assert error.field == "inputs"
        else:
            assert head == b"#!AMR\n"  # any bytes are speech to that codec
            assert np.isfinite(waveform).all()


@pytest.mark.parametrize("claimed_bytes", [2**32 - 1, 2**31 - 1, 2_000_000_000, 3244, 3201, 0, 1600])
def test_a_length_in_a_wav_header_is_a_hint(claimed_bytes: int) -> None:
    """Writers that could not go back leave a placeholder; others count the header too."""
    samples = 800 if claimed_bytes == 1600 else 1600
    assert decode(wav(1600, claimed_bytes=claimed_bytes)).shape == (samples,)


def test_sound_at_the_limit_passes_and_past_it_is_refused() -> None:
    assert decode(wav(2 * RATE), max_seconds=2).shape == (2 * RATE,)
    with pytest.raises(InvalidField, match="longer than 2 seconds"):
        decode(wav(2 * RATE + 1), max_seconds=2)


def test_hours_in_a_small_file_stop_at_the_limit_within_little_memory() -> None:
    hours = encoded(np.zeros(3600 * 8_000, np.int16), 8_000, "FLAC")
    assert len(hours) < 1_000_000
    tracemalloc.start()
    with pytest.raises(InvalidField, match="longer than 60 seconds"):
        decode(hours, max_seconds=60)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 15_000_000


def test_a_flac_that_was_written_to_a_pipe_keeps_its_end() -> None:
    """Its header says 0 samples, for unknown."""
    piped = bytearray(encoded(tone(8_000, seconds=20), 8_000, "FLAC"))
    piped[21] &= 0xF0  # the stream's total samples: 36 bits of the STREAMINFO block
    piped[22:26] = bytes(4)
    assert len(decode(bytes(piped))) == 20 * RATE


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (wav(rate=1), "rate of 1 Hz"),
        (wav(rate=3_999), "rate of 3,999 Hz"),
        (wav(rate=400_000), "rate of 400,000 Hz"),
        (wav(channels=9), "9 channels; the limit is 8"),
        (wav(channels=1000), "channels|damaged"),
        (wav(samples=0), "no sound"),
        (wav(rate=0), "inputs"),
        (wav(channels=0), "inputs"),
    ],
    ids=["1 Hz", "3,999 Hz", "400 kHz", "9 channels", "1,000 channels", "empty", "no rate", "no channel"],
)
def test_what_no_recorder_writes(data: bytes, words: str) -> None:
    with pytest.raises(InvalidField, match=words):
        decode(data)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_no_sound(bad: float) -> None:
    samples = tone(RATE)
    samples[RATE] = bad
    with pytest.raises(InvalidField, match="not finite"):
        decode(encoded(samples, RATE, "WAV", "FLOAT"))
    with pytest.raises(InvalidField, match="not finite"):
        decode(encoded(samples.astype(np.float64), RATE, "WAV", "DOUBLE"))


def test_floats_that_were_never_scaled_down_are_read() -> None:
    loud = tone(RATE) * MAX_AMPLITUDE
    assert np.abs(decode(encoded(loud, RATE, "WAV", "FLOAT"))).max() > 1_000


@pytest.mark.parametrize("rate", [8_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_an_mp3_of_varying_bit_rate_without_a_length_keeps_its_end(rate: int, channels: int) -> None:
    quiet = np.zeros((8 * rate, channels), np.float32)
    noise = np.random.default_rng(2).normal(0, 0.3, quiet.shape).astype(np.float32)
    parts = [encoded(part, rate, "MP3", bitrate_mode="VARIABLE") for part in (noise, quiet)]
    stream = b"".join(part[part.index(part[:2], 4) :] for part in parts)  # without the frames that count
    for tag in (b"", b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128)):
        assert len(decode(tag + stream)) / RATE == pytest.approx(16, abs=0.5)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([sounds.made(kind, seconds=0.1) for kind in sounds.KINDS]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=4),
    st.floats(0, 1),
)
def test_damage_of_any_kind_gives_a_waveform_or_a_clean_error(
    whole: bytes, changes: list[tuple[float, bytes]], kept: float
) -> None:
    data = bytearray(whole)
    for place, value in changes:
        begin = int(place * len(data))
        data[begin : begin + len(value)] = value
    try:
        waveform = decode(bytes(data[: max(1, int(kept * len(data)))]), max_seconds=5)
    except InvalidField as error:
        assert error.field == "inputs"
    else:
        assert np.isfinite(waveform).all()
        assert 0 < len(waveform) <= 5 * RATE + 1
