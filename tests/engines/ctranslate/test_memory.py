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

TEXTS, BEAMS, TOKENS = 8, 8, 128
ROOM = 130_000_000
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

folder, room, texts, beams, tokens = Path(sys.argv[1]), *map(int, sys.argv[2:])
facts = TextFacts("seq2seq", "json", 400, 512, 512, start=2, ends=(2,), specials=(0, 1, 2))
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


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four layers of width 512, so that a beam's token keeps 16 KB."""
    from transformers import BartConfig, BartForConditionalGeneration

    sizes = {"encoder_layers": 1, "decoder_layers": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
    heads = {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
    config = BartConfig(vocab_size=400, d_model=512, max_position_embeddings=512, **sizes, **heads)
    snapshot, folder = tmp_path_factory.mktemp("snapshot"), tmp_path_factory.mktemp("wide")
    made = BartForConditionalGeneration(config).eval()
    made.save_pretrained(snapshot)
    weights.write(made, snapshot, weights.text_names(config), "int8", folder)
    return folder


def taken_mb(model: Path, room: int) -> float:
    numbers = map(str, (room, TEXTS, BEAMS, TOKENS))
    command = [sys.executable, "-c", RUN, str(model), *numbers]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


def test_beams_times_texts_times_tokens_stay_in_the_room_that_is_left(model: Path) -> None:
    assert taken_mb(model, ROOM) * 2**20 < ROOM
    assert taken_mb(model, 10**10) * 2**20 > ROOM  # together they would not
