"""ONNX Runtime on a waveform, and the likeliest letter of each frame."""

from __future__ import annotations

import base64
import io
import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from bench.speed.baselines.encoder import open_session

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Transcribes one recording at 16 kHz."""
    session = open_session(folder, threads)
    letters = {at: letter for letter, at in json.loads((folder / "vocab.json").read_text()).items()}

    def answer(inputs: str) -> dict[str, str]:
        waveform, _ = soundfile.read(io.BytesIO(base64.b64decode(inputs)), dtype="float32")
        scaled = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
        best = session.run(None, {"input_values": scaled[None].astype(np.float32)})[0][0].argmax(-1)
        heard = (letters[at] for at, _ in groupby(best.tolist()))
        text = "".join(letter for letter in heard if letter != "<pad>")
        return {"text": text.replace("|", " ").strip()}

    return answer
