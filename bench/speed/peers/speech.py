"""Speech recognition by a pipeline in fp32. Audio is decoded here: the pipeline would start ffmpeg."""

from __future__ import annotations

import base64
import io
import os
from typing import Any

import soundfile
import torch
from transformers import pipeline

PIPELINE = pipeline(
    "automatic-speech-recognition", model=os.environ["PEER_MODEL"], device="cpu", dtype=torch.float32
)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Transcribe a recording that comes as base64."""
    waveform, rate = soundfile.read(io.BytesIO(base64.b64decode(event["inputs"])), dtype="float32")
    return PIPELINE({"raw": waveform, "sampling_rate": rate})
