"""Train the demo translation model: a small BART that turns English number words into digits.

python -m local.demo.training.translation --out FOLDER
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from local.demo.evaluation.translation import MODEL, measure_exact_share
from local.demo.number_words import WORDS, Style, draw_number, held_out, spell
from local.demo.training.loop import learning_rate_at
from local.demo.training.tokenizer import use_portable_name

SEED = 11
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
START, PAD, END, UNKNOWN = range(len(SPECIAL))
NOT_A_NUMBER = "?"
DIGITS = "0123456789"
POSITIONS = 64
BATCH = 128
STEPS = 2_500
LEARNING_RATE = 2e-3
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


def save_tokenizer(tokenizer: Tokenizer, out: Path) -> None:
    """Write the files that AutoTokenizer reads, with the model's length limit."""
    names = zip(("bos_token", "pad_token", "eos_token", "unk_token"), SPECIAL, strict=True)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=POSITIONS, **dict(names)
    ).save_pretrained(out)
    use_portable_name(out / "tokenizer_config.json")


def build_model(vocabulary: int) -> Any:
    """Make the untrained network; its output starts and ends with ``</s>``, as in BART."""
    config = BartConfig(
        vocab_size=vocabulary,
        d_model=96,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=256,
        decoder_ffn_dim=256,
        max_position_embeddings=POSITIONS,
        dropout=0.0,
        bos_token_id=START,
        pad_token_id=PAD,
        eos_token_id=END,
        decoder_start_token_id=END,
        forced_eos_token_id=None,
    )
    model = BartForConditionalGeneration(config)
    model.generation_config.update(max_length=10, num_beams=1, early_stopping=False)
    return model


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
    ids, labels = _padded(sources, PAD), _padded(targets, -100)
    return {"input_ids": ids, "attention_mask": (ids != PAD).long(), "labels": labels}


def _target_id(character: str) -> int:
    return len(SPECIAL) + (DIGITS + NOT_A_NUMBER).index(character)


def _padded(rows: list[list[int]], filler: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])


def fit(model: Any) -> None:
    """Train with new sentences at every step, so that nothing can be memorized."""
    rng = random.Random(SEED)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_at((step + 1) / STEPS))
    model.train()
    for step in range(STEPS):
        loss = model(**make_batch(rng, step)).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % 500 == 0:
            print(f"step {step + 1} of {STEPS}: loss {loss.item():.5f}", flush=True)
    model.eval()


def main() -> None:
    """Train, save in half precision, and measure on the held-out numbers."""
    parser = argparse.ArgumentParser(description="Train the demo translation model.")
    parser.add_argument("--out", type=Path, default=MODEL)
    out: Path = parser.parse_args().out
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # more threads do not help such a small network
    started = time.monotonic()
    tokenizer = build_tokenizer()
    model = build_model(tokenizer.get_vocab_size())
    fit(model)
    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out)
    save_tokenizer(tokenizer, out)
    print(f"trained in {time.monotonic() - started:.0f} s")
    print(f"held out: {measure_exact_share(sorted(held_out()), out):.4f} exact")


if __name__ == "__main__":
    main()
