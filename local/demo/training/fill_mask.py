"""Train the demo model that fills gaps: MiniLM with a head for masked words and low-rank adapters.

python -m local.demo.training.fill_mask --wordnet DICT_FOLDER --data FOLDER_OF_CORPORA
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional
from transformers import BertForMaskedLM

from local.demo import everyday, everyday_facts
from local.demo.corpus.public import read_corpora
from local.demo.corpus.wordnet import capitals, read_entries, sentences
from local.demo.evaluation.fill_mask import read_gaps
from local.demo.packaged.fill_mask import NAME
from local.demo.training import adapters
from local.demo.training.teacher import read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokenizers import Tokenizer

SEED = 41
MINUTES = 14.0
LENGTH = 24
TOKENS = 1300
"""In a batch, padding included."""
FEWEST = 3
"""A word is learned if a part of the texts has it so often."""
PART = -2
HEAD_BATCHES, HEAD_STEPS = 16, 150
WORDS_FROM = 1996
"""From here on, BERT's vocabulary has words: before it come marks, letters and signs."""
BUCKET = 512
"""So many sentences are drawn at once and sorted by length."""
MASKED = 0.22
KEPT, CHANGED = 0.05, 0.05
"""Shares of the chosen words that stay, or become any other word: so the model looks at words too."""
SHARES = {"examples": 0.42, "everyday": 0.2, "facts": 0.13, "reviews": 0.2, "capitals": 0.05}


class Batch(NamedTuple):
    """Token ids with gaps, and the words that belong there; ``NO_LABEL`` elsewhere."""

    ids: torch.Tensor
    labels: torch.Tensor


def gather(wordnet: Path, data: Path) -> dict[str, list[str]]:
    """Sentences of each source. None is a sentence of the test."""
    entries = read_entries(wordnet)
    avoid = {
        everyday.normalize(gap.text.replace("<mask>", each)) for gap in read_gaps() for each in gap.words
    }
    rng = random.Random(SEED)
    vocabulary = [word for word in read_corpora(data).words if len(word) > 2]
    found = {
        "examples": list(sentences(entries)),
        "capitals": list(capitals(entries)),
        "everyday": [row.text for row in everyday.generate(20_000, SEED)],
        "facts": [text for _ in range(6_000) for text in _facts(rng, vocabulary)],
        "reviews": read_corpora(data).sentences,
    }
    return {
        name: [text for text in texts if everyday.normalize(text) not in avoid]
        for name, texts in found.items()
    }


def _facts(rng: random.Random, vocabulary: list[str]) -> list[str]:
    return everyday_facts.make_group(rng, vocabulary).answers


def batches(
    texts: dict[str, list[str]], tokenizer: Tokenizer, words: Words, rng: random.Random
) -> Iterator[Batch]:
    """Endless batches of texts of like length."""
    mask = tokenizer.get_vocab()["[MASK]"]
    names, shares = list(SHARES), list(SHARES.values())
    while True:
        drawn = [rng.choice(texts[name]) for name in rng.choices(names, shares, k=BUCKET)]
        coded = sorted((each.ids for each in tokenizer.encode_batch(drawn)), key=len)
        groups: list[list[list[int]]] = [[]]
        for ids in coded:
            if (len(groups[-1]) + 1) * len(ids) > TOKENS:
                groups.append([])
            groups[-1].append(ids)
        rng.shuffle(groups)
        yield from (hide(group, words.targets, mask) for group in groups)


def hide(group: list[list[int]], targets: torch.Tensor, mask: int) -> Batch:
    """Hide some words of each text. ``targets``: for each token the number of its word, as in ``Words``."""
    ids = adapters.padded(group)
    ahead = functional.pad(ids[:, 1:], (0, 1))
    is_split = (targets[ahead] == PART) & (ids != 0)
    chosen = (targets[ids] >= 0) & ~is_split & (torch.rand(ids.shape) < MASKED)
    labels = targets[ids].masked_fill(~chosen, adapters.NO_LABEL)
    luck = torch.rand(ids.shape)
    other = torch.randint(WORDS_FROM, len(targets), ids.shape)
    changed = torch.where(luck < KEPT, ids, torch.where(luck < KEPT + CHANGED, other, mask))
    return Batch(torch.where(chosen, changed, ids), labels)


class Words(NamedTuple):
    """The words that are learned: whole ones that the texts have more than once."""

    ids: torch.Tensor
    """Their tokens."""
    targets: torch.Tensor
    """Token -> number of its word, ``PART`` for a part of one, ``NO_LABEL`` for others."""


def choose_words(model: Any, texts: dict[str, list[str]], tokenizer: Tokenizer) -> Words:
    """Count words, and start the head's bias from how often each occurs, which it would learn first."""
    drawn = [text for part in texts.values() for text in part[:: max(1, len(part) // 12_000)]]
    counts = Counter(token for each in tokenizer.encode_batch(drawn) for token in each.ids)
    vocabulary = tokenizer.get_vocab()
    names = sorted(vocabulary, key=vocabulary.__getitem__)
    ids = [index for index, name in enumerate(names) if name.isalpha() and counts[index] >= FEWEST]
    targets = torch.tensor([PART if name.startswith("##") else adapters.NO_LABEL for name in names])
    targets[ids] = torch.arange(len(ids))
    often = torch.full((len(names),), 1e-4)
    often[ids] = torch.tensor([float(counts[index]) for index in ids])
    with torch.no_grad():
        model.cls.predictions.bias.copy_((often / often.sum()).log())
    return Words(torch.tensor(ids), targets)


def loss_for(words: Words) -> Callable[[Any, Batch], torch.Tensor]:
    """Cross-entropy of the hidden words among all that are learned."""

    def loss_of(model: Any, batch: Batch) -> torch.Tensor:
        states = model.bert(input_ids=batch.ids, attention_mask=(batch.ids != 0).long()).last_hidden_state
        at = batch.labels >= 0
        head = model.cls.predictions
        vectors = model.bert.embeddings.word_embeddings.weight[words.ids]
        logits = functional.linear(head.transform(states[at]), vectors, head.bias[words.ids])
        return functional.cross_entropy(logits, batch.labels[at])

    return loss_of


def teach_head(model: Any, words: Words, made: Iterator[Batch]) -> None:
    """First of all, the head learns to name words that it sees, from states of MiniLM as it is."""
    seen = [next(made) for _ in range(HEAD_BATCHES)]
    with torch.no_grad():
        ids = [batch.ids for batch in seen]
        states = [
            model.bert(input_ids=each, attention_mask=(each != 0).long()).last_hidden_state for each in ids
        ]
        at = [words.targets[each] >= 0 for each in ids]
        known = torch.cat([part[where] for part, where in zip(states, at, strict=True)])
        labels = torch.cat([words.targets[each][where] for each, where in zip(ids, at, strict=True)])
        vectors = model.bert.embeddings.word_embeddings.weight[words.ids]
    head = model.cls.predictions
    optimizer = torch.optim.AdamW(head.transform.parameters(), lr=2e-3)
    for _ in range(HEAD_STEPS):
        chosen = torch.randint(len(known), (256,))
        logits = functional.linear(head.transform(known[chosen]), vectors, head.bias[words.ids].detach())
        loss = functional.cross_entropy(logits, labels[chosen])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    print(f"the head names words that it sees: loss {loss.item():.3f}", flush=True)


def main() -> None:
    """Train, save the adapter, and measure it."""
    parser = argparse.ArgumentParser(description="Train the demo model that fills gaps.")
    parser.add_argument("--wordnet", type=Path, required=True, help="the folder with WordNet's data.noun")
    parser.add_argument("--data", type=Path, required=True, help="the folder with rt_polarity and banking77")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--go-on", action="store_true", help="from the adapter that is there")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    started_s = time.monotonic()
    tokenizer = read_tokenizer()
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH)
    texts = gather(arguments.wordnet, arguments.data)
    print({name: len(part) for name, part in texts.items()}, flush=True)
    model = adapters.minilm_as(BertForMaskedLM)
    words = choose_words(model, texts, tokenizer)
    made = batches(texts, tokenizer, words, random.Random(SEED))
    if not arguments.go_on:
        teach_head(model, words, made)
    earlier = NAME if arguments.go_on else None
    adapters.fit(model, made, loss_for(words), arguments.minutes, earlier=earlier)
    adapters.save(model, NAME)
    print(f"trained in {time.monotonic() - started_s:.0f} s")
    print("measure it: python -m local.demo.evaluation.fill_mask")


if __name__ == "__main__":
    main()
