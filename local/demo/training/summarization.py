"""Train the demo summarizer: a small BART that repeats the first sentence of a text without its aside.

python -m local.demo.training.summarization --data FOLDER_OF_CORPORA --out FOLDER
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import BartConfig, BartForConditionalGeneration, PreTrainedTokenizerFast

from local.demo.corpus.leads import article, sentence
from local.demo.corpus.public import Corpora, read_corpora
from local.demo.evaluation.summarization import MODEL, measure
from local.demo.training.loop import learning_rate_at
from local.demo.training.tokenizer import use_portable_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.demo.corpus.leads import Article

SEED = 17
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
START, PAD, END, UNKNOWN = range(len(SPECIAL))
VOCABULARY = 4096
POSITIONS = 256
WIDTH = 96
BATCH = 32
STEPS = 2_500
BUCKETS = 8
"""So many batches are drawn at once and sorted by length, since the longest text decides a batch's cost."""
LEARNING_RATE = 2e-3


def build_tokenizer(corpora: Corpora, rng: random.Random) -> Tokenizer:
    """A byte-level BPE, so that every text can be repeated letter by letter."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made = [sentence(rng) for _ in range(2_000)]
    words = [form for word in corpora.words for form in (f" {word}", f" {word.capitalize()}")]
    tokenizer.train_from_iterator([*corpora.sentences, *made, *words], trainer)
    ends = [(SPECIAL[START], START), (SPECIAL[END], END)]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    return tokenizer


def build_model() -> Any:
    """The untrained network. Both halves begin with the same positions, which makes copying easy to learn."""
    config = BartConfig(
        vocab_size=VOCABULARY,
        d_model=WIDTH,
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
    model.generation_config.update(max_length=96, num_beams=1, early_stopping=False)
    _align_positions(model)
    return model


@torch.no_grad()
def _align_positions(model: Any) -> None:
    """Sinusoids in both halves (Vaswani et al. 2017), and cross-attention that looks for its own position."""
    encoder, decoder = model.model.encoder, model.model.decoder
    count = encoder.embed_positions.weight.shape[0]
    rates = torch.exp(torch.arange(0, WIDTH, 2) * (-torch.tensor(10_000.0).log() / WIDTH))
    angles = torch.arange(count)[:, None] * rates
    waves = torch.cat([angles.sin(), angles.cos()], dim=1) * 0.1
    for half in (encoder, decoder):
        half.embed_positions.weight.copy_(waves)
    for layer in decoder.layers:
        torch.nn.init.eye_(layer.encoder_attn.q_proj.weight)
        torch.nn.init.eye_(layer.encoder_attn.k_proj.weight)


def batches(
    corpora: Corpora, tokenizer: Tokenizer, rng: random.Random, steps: int
) -> Iterator[dict[str, torch.Tensor]]:
    """New articles at every step, so that nothing can be memorized."""
    made = 0
    while True:
        articles = [article(corpora.sentences, corpora.words, rng) for _ in range(BATCH * BUCKETS)]
        articles.sort(key=lambda each: len(each.text))
        groups = [articles[start : start + BATCH] for start in range(0, len(articles), BATCH)]
        rng.shuffle(groups)
        for group in groups:
            yield _collate(group, tokenizer)
            made += 1
            if made == steps:
                return


def _collate(group: list[Article], tokenizer: Tokenizer) -> dict[str, torch.Tensor]:
    sources = [coded.ids for coded in tokenizer.encode_batch([each.text for each in group])]
    targets = [coded.ids[1:] for coded in tokenizer.encode_batch([each.gist for each in group])]
    ids = _padded([_cut(row) for row in sources], PAD)
    labels = _padded([row[: POSITIONS - 1] for row in targets], -100)
    return {"input_ids": ids, "attention_mask": (ids != PAD).long(), "labels": labels}


def _cut(ids: list[int]) -> list[int]:
    return ids if len(ids) <= POSITIONS else [*ids[: POSITIONS - 1], END]


def _padded(rows: list[list[int]], filler: int) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])


def fit(model: Any, corpora: Corpora, tokenizer: Tokenizer, steps: int) -> None:
    """Train with a short warm-up and a cosine."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_at((step + 1) / steps))
    model.train()
    for step, batch in enumerate(batches(corpora, tokenizer, random.Random(SEED), steps)):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1} of {steps}: loss {loss.item():.4f}", flush=True)
    model.eval()


def save(model: Any, tokenizer: Tokenizer, out: Path) -> None:
    """Write what AutoModel and AutoTokenizer read, in half precision."""
    out.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(out)
    names = zip(("bos_token", "pad_token", "eos_token", "unk_token"), SPECIAL, strict=True)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=POSITIONS, **dict(names))
    fast.save_pretrained(out)
    use_portable_name(out / "tokenizer_config.json")


def main() -> None:
    """Train, save, and measure on held-out sentences."""
    parser = argparse.ArgumentParser(description="Train the demo summarizer.")
    parser.add_argument("--data", type=Path, required=True, help="the folder with rt_polarity and banking77")
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # more threads do not help such a small network
    started_s = time.monotonic()
    corpora = read_corpora(arguments.data)
    tokenizer = build_tokenizer(corpora, random.Random(SEED))
    model = build_model()
    fit(model, corpora, tokenizer, arguments.steps)
    save(model, tokenizer, arguments.out)
    print(f"trained in {time.monotonic() - started_s:.0f} s")
    print(measure(arguments.data, arguments.out))


if __name__ == "__main__":
    main()
