#!/usr/bin/env bash
# A FLAC that was written to a pipe has 192 million years of sound, says soundfile, and cannot be read.
#
# Versions: soundfile 0.14.0 (with its libsndfile), av 18.1.0 (FFmpeg's encoders), numpy 2.4.6.
# Guess: FLAC is lossless and simple; what FFmpeg writes to a pipe, soundfile reads like a file. At worst the length is 0.
# Behaviour: a writer that cannot seek back leaves "total samples" at 0, which the format defines as "unknown". libsndfile
#   turns it into the largest integer; `sf.info` then reports a duration of 1.9e14 s and `sf.read` raises ValueError: array is
#   too big. Reading in pieces fails too: the piece that reaches the end raises LibsndfileError (psf_fseek), so the last of
#   the sound is never handed out. FFmpeg's decoder gives every sample. The same audio as WAV through the same pipe is fine.
#   For a piped MP3 `info.frames` is a guess as well: it promises 270 frames that `read` does not give.
# Output seen: FLAC file 96000 frames; FLAC pipe 9223372036854775807 frames, ValueError, in pieces of
#   4096 an error after 94208, FFmpeg 96000; MP3 pipe 98190 frames promised, 97920 read.
# Source: github.com/libsndfile/libsndfile/issues/1038 (open), github.com/bastibe/python-soundfile/issues/450 (open);
#   RFC 9639 section 8.2 (0 total samples: unknown).
# For whoever serves models: a limit on `info.duration` refuses such a recording as too long, and reading without a limit
#   fails. Repair the header's count first (STREAMINFO, 36 bits) or decode with FFmpeg. Never size anything by `frames`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check soundfile==0.14.0 av==18.1.0 numpy==2.4.6
cat > "$work/run.py" <<'PY'
import fractions
import io

import av
import numpy as np
import soundfile as sf

RATE = 48_000
tone = (9000 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)).astype("int16")


class Pipe:
    """A sink that can be written to but not sought in."""

    def __init__(self) -> None:
        self.data = io.BytesIO()

    def write(self, data: bytes) -> int:
        return self.data.write(data)


def encode(codec: str, container: str, piped: bool) -> io.BytesIO:
    sink = Pipe() if piped else io.BytesIO()
    with av.open(sink, "w", format=container) as out:
        stream = out.add_stream(codec, rate=RATE, layout="mono")
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, fractions.Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        data = sink.data if piped else sink
        out.close()
    return io.BytesIO(data.getvalue())


def facts(data: io.BytesIO) -> tuple[int, str]:
    frames = sf.info(data).frames
    data.seek(0)
    try:
        read = str(len(sf.read(data)[0]))
    except ValueError as error:
        read = f"ValueError: {str(error)[:16]}"
    return frames, read


piped_flac = encode("flac", "flac", piped=True)
seen = {
    "flac file": facts(encode("flac", "flac", piped=False)),
    "flac pipe": facts(piped_flac),
    "wav pipe": facts(encode("pcm_s16le", "wav", piped=True)),
    "mp3 file": facts(encode("libmp3lame", "mp3", piped=False)),
    "mp3 pipe": facts(encode("libmp3lame", "mp3", piped=True)),
}
for name, fact in seen.items():
    print(name, *fact)
piped_flac.seek(0)
count, failure = 0, None
with sf.SoundFile(piped_flac) as sound:
    try:
        while len(block := sound.read(4096, dtype="int16")):
            assert np.array_equal(block, tone[count : count + len(block)])
            count += len(block)
    except sf.LibsndfileError as error:
        failure = error
piped_flac.seek(0)
with av.open(piped_flac) as container:
    whole = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
print("flac pipe, in pieces:", count, "then", failure, "| FFmpeg:", len(whole))
assert seen["flac file"] == seen["wav pipe"] == (96_000, "96000")
assert failure is not None and count == 94_208 and np.array_equal(whole, tone)
assert seen["flac pipe"] == (2**63 - 1, "ValueError: array is too big")
assert seen["mp3 file"] == (96_000, "96000") and seen["mp3 pipe"][0] > int(seen["mp3 pipe"][1])
PY
"$work/venv/bin/python" "$work/run.py"
