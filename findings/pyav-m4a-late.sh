#!/usr/bin/env bash
# Sound that PyAV writes into an m4a comes back 64 ms late and 88 ms longer at 16 kHz, and its times say that it is not.
#
# Versions: av 18.1.0 (FFmpeg in its wheel), numpy 2.4.4.
# Guess: the encoder's delay is taken off when one decodes, as players do; what was one second is one second, and a click
#   stays where it was.
# Behaviour: AAC puts 1,024 samples before the sound. Matroska notes them, and the decoder begins at 64 ms by its time stamps.
#   MP4 and ADTS written this way do not: the first time stamp is 0, the click is 1,032 samples late, the sound is longer.
# Output seen: click at 8000; mp4 9032 of 17408 samples, first time 0.0 s; adts the same; matroska 8008 of 16384, first time
#   0.064 s.
# Source: developer.apple.com, QuickTime File Format, "Audio Priming - Handling Encoder Delay in AAC" (1,024 samples and
#   more are in the file; an edit list has to say so).
# For whoever serves models: word times of speech from such files are off by the delay, and comparing them sample by sample
#   with the WAV that they were made of fails. Test times with a file whose delay is known, and read time stamps.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check av==18.1.0 numpy==2.4.4
cat > "$work/run.py" <<'PY'
import io

import av
import numpy as np

RATE, CLICK = 16_000, 8_000
av.logging.set_level(av.logging.PANIC)


def there_and_back(container: str) -> tuple[int, int, float]:
    """Where the click is, how many samples there are, and the first frame's time in seconds."""
    waveform = np.zeros((1, RATE), np.int16)
    waveform[0, CLICK : CLICK + 10] = 20_000
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(waveform, format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    with av.open(io.BytesIO(file.getvalue())) as source:
        frames = list(source.decode(audio=0))
    decoded = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return int(np.abs(decoded).argmax()), len(decoded), float(frames[0].time or 0)


found = {container: there_and_back(container) for container in ("mp4", "adts", "matroska")}
for container, (click, samples, first_s) in found.items():
    print(f"{container:9} click at {click} of {samples} samples, first time {first_s:.3f} s")
assert found["mp4"] == (9032, 17_408, 0.0)
assert found["adts"] == (9032, 17_408, 0.0)
assert found["matroska"] == (8008, 16_384, 0.064)
PY
"$work/venv/bin/python" "$work/run.py"
