"""Texts run together only as far as the function's memory goes: measured in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from inference.convert.ctranslate import weights
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("default")

TEXTS, BEAMS = 8, 8
ROOM = 130_000_000
SMALL_ROOM = 110_000_000
RUN = """
import sys
from pathlib import Path
from inference.engines.ctranslate.config import TextFacts
from inference.engines.ctranslate.engine import open_model
from inference.engines.ctranslate.memory import read_shape
from inference.engines.ctranslate.model import SeededModel
from inference.engines.ctranslate.text_to_text import TextToText
from inference.runtime.peak_memory import peak_memory_mb
from inference.task import Call

class Numbers:
    def encode(self, text): return [int(word) for word in text.split()]
    def decode(self, ids): return " ".join(map(str, ids))

folder, room, vocabulary, texts, beams, tokens = Path(sys.argv[1]), *map(int, sys.argv[2:])
facts = TextFacts("seq2seq", "json", vocabulary, 512, 512, start=2, ends=(2,), specials=(0, 1, 2))
model = SeededModel(lambda: open_model(folder, "seq2seq", 1))
engine = TextToText(facts, {}, Numbers(), model, "summarization", read_shape(folder / "model.bin"))
engine.room_bytes = room
given = {"num_beams": beams, "min_new_tokens": tokens, "max_new_tokens": tokens}
engine.run(Call(["5"], {"max_new_tokens": 1}, is_list=False))
before = peak_memory_mb()
outcome = engine.run(Call([f"{n + 4} {n + 5}" for n in range(texts)], given, is_list=True))
assert len(outcome.results) == texts
print(peak_memory_mb() - before)
"""


def make(folder: Path, vocabulary: int, width: int, layers: int) -> Path:
    from transformers import BartConfig, BartForConditionalGeneration

    sizes = {"encoder_layers": 1, "decoder_layers": layers, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
    config = BartConfig(vocab_size=vocabulary, d_model=width, max_position_embeddings=512, **sizes, **heads)
    made = BartForConditionalGeneration(config).eval()
    (folder / "snapshot").mkdir()
    made.save_pretrained(folder / "snapshot")
    (folder / "made").mkdir()
    weights.write(made, folder / "snapshot", weights.text_names(config), "int8", folder / "made")
    return folder / "made"


def taken_mb(model: Path, room: int, vocabulary: int, tokens: int) -> float:
    numbers = map(str, (room, vocabulary, TEXTS, BEAMS, tokens))
    command = [sys.executable, "-c", RUN, str(model), *numbers]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_beams_times_texts_times_tokens_stay_in_the_room_that_is_left(tmp_path: Path) -> None:
    model = make(tmp_path, vocabulary=400, width=512, layers=4)  # a beam's token keeps 16 KB
    assert taken_mb(model, ROOM, 400, 128) * 2**20 < ROOM
    assert taken_mb(model, 10**10, 400, 128) * 2**20 > ROOM  # together they would not


def test_beams_times_texts_times_vocabulary_stay_in_the_room_that_is_left(tmp_path: Path) -> None:
    model = make(tmp_path, vocabulary=256_000, width=32, layers=1)  # as many tokens as NLLB has
    assert taken_mb(model, SMALL_ROOM, 256_000, 4) * 2**20 < SMALL_ROOM
    assert taken_mb(model, 10**10, 256_000, 4) * 2**20 > SMALL_ROOM
