"""A tiny BERT, trained on generated sentences and measured after every epoch."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import BertConfig, BertForSequenceClassification

from local.demo.evaluation.sentiment import DEVELOPMENT, MODEL, read_everyday
from local.demo.everyday import generate
from local.demo.training.loop import (
    TrainingExample,
    TrainingPlan,
    batches,
    hide_words,
    logits_of,
    loss_of,
    predict,
)
from local.demo.training.sentiment import generate_everyday
from local.demo.training.tokenizer import MASK, POSITIONS, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = 3
"""For the sentences."""
HELD_OUT = 1_000
MAX_SENTENCES = 12_000
"""Sentences to train on, at most."""
LEARNING_RATE = 1e-3


class Score(NamedTuple):
    """Mean loss and accuracy."""

    loss: float
    accuracy: float


class EpochScores(NamedTuple):
    """Scores after one epoch, on training sentences and on held-out ones."""

    training: Score
    held_out: Score


class Corpus(NamedTuple):
    """Two disjoint sets of sentences from one source."""

    training: list[TrainingExample]
    held_out: list[TrainingExample]


@dataclass(frozen=True)
class TinyBert:
    """The shape of a BERT with one layer; ``width`` is the size of its vectors."""

    width: int
    heads: int = 1
    dropout: float = 0.0

    def build(self, seed: int) -> Any:
        """Make the untrained network."""
        torch.manual_seed(seed)
        config = BertConfig(
            vocab_size=load_tokenizer().get_vocab_size(),
            hidden_size=self.width,
            num_hidden_layers=1,
            num_attention_heads=self.heads,
            intermediate_size=4 * self.width,
            max_position_embeddings=POSITIONS,
            hidden_dropout_prob=self.dropout,
            attention_probs_dropout_prob=self.dropout,
        )
        return BertForSequenceClassification(config)


def make_plan(masked: float = 0.0, soft_share: float = 0.0) -> TrainingPlan:
    """``masked`` is the share of masked words, ``soft_share`` the teacher's share of the loss."""
    return TrainingPlan(1, LEARNING_RATE, masked, MASK, MASK + 1, soft_share)


@cache
def load_tokenizer() -> Tokenizer:
    """The demo model's tokenizer, which knows every word used here."""
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


@cache
def load_corpus() -> Corpus:
    """Sentences that the demo model has not seen, since it is the teacher in one experiment."""
    seen = [*read_everyday(), *read_everyday(DEVELOPMENT), *generate_everyday()]
    rows = generate(HELD_OUT + MAX_SENTENCES, SEED, avoid=[row.text for row in seen])
    coded = encode(load_tokenizer(), [row.text for row in rows])
    examples = [TrainingExample(ids, row.label) for ids, row in zip(coded, rows, strict=True)]
    return Corpus(examples[HELD_OUT:], examples[:HELD_OUT])


def count_parameters(model: Any) -> int:
    """The number of trainable weights."""
    return sum(each.numel() for each in model.parameters())


def train_epochs(model: Any, examples: list[TrainingExample], how: TrainingPlan, count: int) -> Iterator[int]:
    """Train, and yield after each pass over the sentences."""
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


def measure_score(model: Any, examples: Sequence[TrainingExample]) -> Score:
    """Mean loss and accuracy against the labels."""
    logits = predict(model, [example.ids for example in examples])
    labels = torch.tensor([example.label for example in examples])
    right = (logits.argmax(-1) == labels).float().mean()
    return Score(functional.cross_entropy(logits, labels).item(), right.item())
