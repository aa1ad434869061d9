"""The teacher of the demo model: MiniLM, fine-tuned here, used while training and never shipped.

Two layers that start from nothing know only the words they are shown. MiniLM (all-MiniLM-L6-v2, Apache-2.0)
has read a great deal, so its opinion of sentences, and its notion of words, is what the student learns from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from local.demo.sentiment_training import Example, Plan, fit, predict

if TYPE_CHECKING:
    from pathlib import Path

    from local.demo.everyday_training import Labelled

LENGTH = 64
PLAN = Plan(epochs=3, learning_rate=5e-5)
WORD_BATCH = 512


class Teacher(NamedTuple):
    """A network with the tokenizer that it understands."""

    model: Any
    tokenizer: Tokenizer

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Turn sentences into the ids of the teacher's own vocabulary."""
        return [coded.ids for coded in self.tokenizer.encode_batch(texts)]

    def logits(self, texts: list[str]) -> torch.Tensor:
        """Judge sentences."""
        return predict(self.model, self.encode(texts))


def load_teacher(folder: Path) -> Teacher:
    """Read MiniLM, or a teacher that was fine-tuned and saved before."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH)
    return Teacher(BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32), tokenizer)


def train_teacher(base: Path, rows: list[Labelled]) -> Teacher:
    """Fine-tune MiniLM on the labelled sentences."""
    teacher = load_teacher(base)
    coded = teacher.encode([row.text for row in rows])
    fit(teacher.model, [Example(ids, row.label) for ids, row in zip(coded, rows, strict=True)], PLAN)
    return teacher


def save_teacher(teacher: Teacher, folder: Path) -> None:
    """Keep the teacher, for students that are trained later."""
    teacher.model.save_pretrained(folder)
    teacher.tokenizer.save(str(folder / "tokenizer.json"))


def input_vectors(teacher: Teacher) -> torch.Tensor:
    """Give the vector of every token as the network first sees it."""
    vectors: torch.Tensor = teacher.model.bert.embeddings.word_embeddings.weight.detach()
    return vectors


@torch.no_grad()
def lone_vectors(teacher: Teacher, tokens: list[str]) -> torch.Tensor:
    """Give what the network makes of each token when it stands alone: its meaning, its mood."""
    known = teacher.tokenizer.get_vocab()
    ids = torch.tensor([[known["[CLS]"], known[token], known["[SEP]"]] for token in tokens])
    teacher.model.eval()
    return torch.cat(
        [teacher.model.bert(part).last_hidden_state.mean(1) for part in torch.split(ids, WORD_BATCH)]
    )
