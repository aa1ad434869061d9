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

from local.demo.corpus.leads import article, sentence
from local.demo.corpus.public import Corpora, read_corpora
from local.demo.evaluation.summarization import MODEL, measure
from local.demo.training import tiny_bart
from local.demo.training.tiny_bart import END, SPECIAL, START, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.demo.corpus.leads import Article

SEED = 17
VOCABULARY = 4096
POSITIONS = 256
BATCH = 32
STEPS = 2_500
BUCKETS = 8
"""So many batches are drawn at once and sorted by length, since the longest text decides a batch's cost."""


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
    model = tiny_bart.build_model(VOCABULARY, POSITIONS, max_length=96)
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
    return tiny_bart.collate([_cut(row) for row in sources], [row[: POSITIONS - 1] for row in targets])


def _cut(ids: list[int]) -> list[int]:
    return ids if len(ids) <= POSITIONS else [*ids[: POSITIONS - 1], END]


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
    made = batches(corpora, tokenizer, random.Random(SEED), arguments.steps)
    tiny_bart.fit(model, made, arguments.steps, every=100)
    tiny_bart.save(model, tokenizer, POSITIONS, arguments.out)
    print(f"trained in {time.monotonic() - started_s:.0f} s")
    print(measure(arguments.data, arguments.out))


if __name__ == "__main__":
    main()
