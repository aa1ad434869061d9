"""Speech recognition by Whisper tiny, on half a minute of a spoken sentence."""

from __future__ import annotations

import base64
import io
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.rows.made_bpe import make_bpe
from bench.rows.random_weights import save_random
from bench.rows.row import Row, Workload
from bench.rows.text_to_text import AVX2
from inference.task import packaged

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30
RATE = 16_000
END = 50_256  # of the English-only models
ENDS = "<|endoftext|>"
MARKS = ("startoftranscript", *(f"language{index}" for index in range(99)), "translate", "transcribe")
MARKS += ("startoflm", "startofprev", "nospeech", "notimestamps")
TOKENS = 51_864
TINY: dict[str, Any] = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2}
TINY |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
TINY |= {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64}


def whisper(sizes: dict[str, Any], new_tokens: int, folder: Path) -> None:
    """An English-only Whisper with random weights and tokens where the real ones are."""
    from transformers import PreTrainedTokenizerFast, WhisperConfig, WhisperFeatureExtractor

    tokenizer = make_bpe(END + 1, after=(ENDS,))
    tokenizer.add_special_tokens([f"<|{name}|>" for name in MARKS])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=ENDS, eos_token=ENDS, pad_token=ENDS, unk_token=ENDS
    ).save_pretrained(folder)
    WhisperFeatureExtractor().save_pretrained(folder)
    marks = {"bos_token_id": END, "eos_token_id": END, "pad_token_id": END}
    config = WhisperConfig(
        vocab_size=TOKENS,
        decoder_start_token_id=END + 1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
        **marks,
        **sizes,
    )
    generation = {
        "max_new_tokens": new_tokens,
        "is_multilingual": False,
        "no_timestamps_token_id": END + len(MARKS),
        "max_initial_timestamp_index": 50,
    }
    save_random(folder, "AutoModelForSpeechSeq2Seq", config, generation)


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
        weights="random",
        make=partial(whisper, {}, 64),
        make_tiny=partial(whisper, TINY, 8),
        workloads=(Workload("30 s", _recording, 2),),
        variables=AVX2,
    ),
)
