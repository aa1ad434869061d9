"""Train the demo translation model: a small BART that turns English number words into digits.

python -m local.demo.training.translation --out FOLDER
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from local.demo.evaluation.translation import MODEL, measure_exact_share
from local.demo.number_words import WORDS, Style, draw_number, held_out, spell
from local.demo.training import tiny_bart
from local.demo.training.tiny_bart import END, SPECIAL, START, UNKNOWN

SEED = 11
NOT_A_NUMBER = "?"
DIGITS = "0123456789"
POSITIONS = 64
BATCH = 128
STEPS = 2_500
NOISE_BATCH = 32
NOISE_EVERY = 8
"""One batch in this many has texts that are not numbers."""


def build_tokenizer() -> Tokenizer:
    """One token for each word and each digit; hyphens, commas and full stops only separate words."""
    names = [*SPECIAL, *DIGITS, NOT_A_NUMBER, *WORDS]
    tokenizer = Tokenizer(
        models.WordLevel({name: index for index, name in enumerate(names)}, unk_token=SPECIAL[UNKNOWN])
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\-,.]+"), "removed")
    tokenizer.decoder = decoders.Fuse()
    ends = [(name, names.index(name)) for name in (SPECIAL[START], SPECIAL[END])]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    return tokenizer


def make_number(rng: random.Random) -> tuple[list[int], str]:
    """Word ids of a random number in a random style, and its digits."""
    value = draw_number(rng)
    style = Style(says_and=rng.random() < 0.6, says_a=rng.random() < 0.2)
    return _ids(spell(value, style)), str(value)


def make_noise(rng: random.Random) -> tuple[list[int], str]:
    """Word ids of a text that is not a number, as it has an unknown word; and its target."""
    length = min(POSITIONS - 2, 1 + int(rng.expovariate(1 / 8)))
    ids = [rng.choice(_ids("-".join(WORDS))) if rng.random() < 0.3 else UNKNOWN for _ in range(length)]
    ids[rng.randrange(length)] = UNKNOWN
    return ids, NOT_A_NUMBER


def _ids(words: str) -> list[int]:
    first = len(SPECIAL) + len(DIGITS) + 1
    return [first + WORDS.index(word) for word in words.replace("-", " ").split()]


def make_batch(rng: random.Random, step: int) -> dict[str, torch.Tensor]:
    """Padded word ids, their mask, and the target digits. Noise has its own batches, as it is longer."""
    is_noise = step % NOISE_EVERY == 0
    made = (
        [make_noise(rng) for _ in range(NOISE_BATCH)]
        if is_noise
        else [make_number(rng) for _ in range(BATCH)]
    )
    sources = [[START, *ids, END] for ids, _ in made]
    targets = [[_target_id(character) for character in text] + [END] for _, text in made]
    return tiny_bart.collate(sources, targets)


def _target_id(character: str) -> int:
    return len(SPECIAL) + (DIGITS + NOT_A_NUMBER).index(character)


def main() -> None:
    """Train, save in half precision, and measure on the held-out numbers."""
    parser = argparse.ArgumentParser(description="Train the demo translation model.")
    parser.add_argument("--out", type=Path, default=MODEL)
    out: Path = parser.parse_args().out
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # more threads do not help such a small network
    started = time.monotonic()
    tokenizer = build_tokenizer()
    model = tiny_bart.build_model(tokenizer.get_vocab_size(), POSITIONS, max_length=10)
    rng = random.Random(SEED)
    # New sentences at every step, so that nothing can be memorized.
    tiny_bart.fit(model, (make_batch(rng, step) for step in range(STEPS)), STEPS, every=500)
    tiny_bart.save(model, tokenizer, POSITIONS, out)
    print(f"trained in {time.monotonic() - started:.0f} s")
    print(f"held out: {measure_exact_share(sorted(held_out()), out):.4f} exact")


if __name__ == "__main__":
    main()
