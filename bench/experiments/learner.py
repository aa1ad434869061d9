"""What is trained here: a BERT in miniature, on made-up sentences, looked at after every epoch."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertForSequenceClassification

from local.demo.everyday_training import generate
from local.demo.measure_sentiment import DEVELOPMENT, MODEL, read_everyday
from local.demo.sentiment_tokenizer import MASK, POSITIONS, encode
from local.demo.sentiment_training import Example, Plan, batches, hide_words, logits_of, loss_of, predict
from local.demo.train_sentiment import synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = 3
"""Of the sentences."""
HELD_OUT = 1_000
MOST = 12_000
"""Sentences to train on, at most."""
LEARNING_RATE = 1e-3


class Score(NamedTuple):
    """How well sentences are judged."""

    loss: float
    accuracy: float


class Point(NamedTuple):
    """What one look found: sentences that training had, and sentences that it did not."""

    training: Score
    held_out: Score


class Material(NamedTuple):
    """Two sets of sentences from one source, none of them in both."""

    training: list[Example]
    held_out: list[Example]


@dataclass(frozen=True)
class Network:
    """A BERT of one layer; ``width`` numbers stand for each word."""

    width: int
    heads: int = 1
    dropout: float = 0.0

    def build(self, seed: int) -> Any:
        """Untrained."""
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=tokenizer().get_vocab_size(),
            hidden_size=self.width,
            num_hidden_layers=1,
            num_attention_heads=self.heads,
            intermediate_size=4 * self.width,
            max_position_embeddings=POSITIONS,
            hidden_dropout_prob=self.dropout,
            attention_probs_dropout_prob=self.dropout,
        )
        return BertForSequenceClassification(config)


def plan(masked: float = 0.0, soft_share: float = 0.0) -> Plan:
    """``masked`` of the words are hidden; ``soft_share`` of the lesson is the teacher's opinion."""
    return Plan(1, LEARNING_RATE, masked, MASK, MASK + 1, soft_share)


@cache
def tokenizer() -> Tokenizer:
    """The demo model's own, which knows every word that is used here."""
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


@cache
def material() -> Material:
    """Sentences that the demo model has never seen either: it is the teacher of one experiment."""
    seen = [*read_everyday(), *read_everyday(DEVELOPMENT), *synthetic()]
    rows = generate(HELD_OUT + MOST, SEED, avoid=[row.text for row in seen])
    coded = encode(tokenizer(), [row.text for row in rows])
    examples = [Example(ids, row.label) for ids, row in zip(coded, rows, strict=True)]
    return Material(examples[HELD_OUT:], examples[:HELD_OUT])


def parameters(model: Any) -> int:
    """How many numbers training may set."""
    return sum(each.numel() for each in model.parameters())


def epochs(model: Any, examples: list[Example], how: Plan, count: int) -> Iterator[int]:
    """Train, and stop to be looked at after each pass over the sentences."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=how.learning_rate)
    rng = random.Random(SEED)
    for epoch in range(1, count + 1):
        model.train()
        for batch in batches(examples, rng):
            loss = loss_of(logits_of(model, hide_words(batch.ids, how)), batch, how)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        yield epoch


def score(model: Any, examples: Sequence[Example]) -> Score:
    """Mean loss against the labels, and the share of labels that are right."""
    logits = predict(model, [example.ids for example in examples])
    labels = torch.tensor([example.label for example in examples])
    right = (logits.argmax(-1) == labels).float().mean()
    return Score(functional.cross_entropy(logits, labels).item(), right.item())
