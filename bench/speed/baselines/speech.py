"""CTranslate2's Whisper on a log-mel spectrogram."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any

import ctranslate2
import numpy as np
import soundfile
from tokenizers import Tokenizer

from inference.engines.ctranslate.log_mel import log_mel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def load(folder: Path, threads: int) -> Callable[[Any], Any]:
    """Transcribes one recording of up to 30 s, in English."""
    model = ctranslate2.models.Whisper(str(folder), device="cpu", inter_threads=1, intra_threads=threads)
    facts = json.loads((folder / "serving.json").read_text())
    settings = json.loads((folder / "generation_config.json").read_text())
    filters = np.load(folder / "mel_filters.npy", allow_pickle=False)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    room = settings.get("max_new_tokens") or settings["max_length"] - 2

    def answer(inputs: str) -> str:
        waveform, _ = soundfile.read(io.BytesIO(base64.b64decode(inputs)), dtype="float32")
        mel = ctranslate2.StorageView.from_array(np.ascontiguousarray(log_mel(waveform, filters)[None]))
        # The library uses only half of ``max_length`` for the answer.
        result = model.generate(
            mel, [[facts["start"], facts["no_timestamps"]]], beam_size=1, max_length=2 * room
        )[0]
        return str(tokenizer.decode([index for index in result.sequences_ids[0] if index < facts["end"]]))

    return answer
