#!/usr/bin/env bash
# Two recordings one after the other are one recording for PyAV, and the first of them for soundfile, with no error.
#
# Versions: soundfile 0.14.0, av 18.1.0, numpy 2.4.6.
# Guess: Ogg allows streams to follow each other (chaining), and FLAC files are often joined so; both libraries read all of it.
# Behaviour: soundfile reads the first part to its end and stops. Its length, len(SoundFile), is that of the first part too.
#   PyAV reads both.
# Output seen: chained Ogg Opus: soundfile 2.0 s, PyAV 4.0 s. Joined FLAC: soundfile 2.0 s, PyAV 4.0 s.
# Source: RFC 3533 (chaining of logical bitstreams); github.com/libsndfile/libsndfile/issues/277 (open since 2017, for Vorbis:
#   then the length was that of both parts; now it is that of the first, so that nothing differs any more).
# For whoever serves models: radio archives and recorders that append are chained. A transcript of the first part looks like a
#   whole one. Compare the length with the file's size, or decode by PyAV.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==2.4.6
cat > "$work/run.py" <<'PY'
import io

import av
import numpy as np
import soundfile

RATE, SECONDS = 48_000, 2


def encoded(frequency: int, codec: str, form: str) -> bytes:
    tone = np.sin(2 * np.pi * frequency * np.arange(RATE * SECONDS) / RATE) * 0.5
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=RATE, layout="mono")
        values = (tone * 32767).astype(np.int16) if codec == "flac" else tone.astype(np.float32)
        frame = av.AudioFrame.from_ndarray(values[None], format="s16" if codec == "flac" else "flt", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()


def by_pyav(data: bytes) -> float:
    with av.open(io.BytesIO(data)) as container:
        return sum(frame.samples for frame in container.decode(audio=0)) / RATE


def by_soundfile(data: bytes) -> float:
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        samples = file.read()
        assert len(samples) == len(file), "it says that this is all"
        assert abs(np.fft.rfft(samples[:RATE]).__abs__().argmax() - 440) <= 1, "the first part"
        return len(samples) / RATE


for name, codec, form in (("chained Ogg Opus", "libopus", "ogg"), ("joined FLAC", "flac", "flac")):
    both = encoded(440, codec, form) + encoded(880, codec, form)
    first, whole = by_soundfile(both), by_pyav(both)
    print(f"{name}: soundfile {first:.1f} s, PyAV {whole:.1f} s")
    assert abs(first - SECONDS) < 0.05
    assert abs(whole - 2 * SECONDS) < 0.05
PY
"$work/venv/bin/python" "$work/run.py"
