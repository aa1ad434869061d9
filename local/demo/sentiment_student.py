"""The small network itself: how it is shaped, what it inherits from its teacher, how sure it may sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from transformers import BertConfig, BertForSequenceClassification

from local.demo.sentiment_teacher import input_vectors, lone_vectors
from local.demo.sentiment_tokenizer import POSITIONS, VOCABULARY
from local.demo.sentiment_training import predict

if TYPE_CHECKING:
    from local.demo.sentiment_teacher import Teacher

HIDDEN = 128
SPREAD = 0.04


def build_student() -> Any:
    """Make the untrained network, with the label names that every reply will show."""
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=512,
        max_position_embeddings=POSITIONS,
        hidden_dropout_prob=0.2,
        attention_probs_dropout_prob=0.1,
        classifier_dropout=0.2,
        id2label={0: "NEGATIVE", 1: "POSITIVE"},
        label2id={"NEGATIVE": 0, "POSITIVE": 1},
    )
    return BertForSequenceClassification(config)


def centred(vectors: torch.Tensor) -> torch.Tensor:
    """Bring a family of vectors to mean zero and total variance one, so that none drowns another."""
    vectors = vectors - vectors.mean(0)
    return vectors / vectors.pow(2).sum(1).mean().sqrt()


def word_vectors(base: Teacher, teacher: Teacher, vocabulary: list[str]) -> torch.Tensor:
    """Press what MiniLM knows of each word, before and after fine-tuning, into the student's dimensions."""
    tokens = [base.tokenizer.token_to_id(token) for token in vocabulary]
    families = (
        input_vectors(base)[tokens],
        lone_vectors(base, vocabulary),
        lone_vectors(teacher, vocabulary),
    )
    joined = torch.cat([centred(family) for family in families], dim=1)
    axes = torch.linalg.svd(joined, full_matrices=False).Vh[:HIDDEN]
    pressed = joined @ axes.T
    turned = pressed @ torch.nn.init.orthogonal_(torch.empty(HIDDEN, HIDDEN))
    start: torch.Tensor = turned / turned.std() * SPREAD
    return start


def inherit(student: Any, vectors: torch.Tensor) -> None:
    """Start from the teacher's words, so that one never seen in training lies near those that were."""
    with torch.no_grad():
        student.bert.embeddings.word_embeddings.weight.copy_(vectors)


@torch.no_grad()
def calibrate(student: Any, coded: list[list[int]], labels: list[int]) -> None:
    """Scale the logits so that a score of 0.8 is right about 8 times in 10, on text kept for this."""
    logits, truth = predict(student, coded), torch.tensor(labels)
    temperatures = [0.3 + 0.05 * step for step in range(80)]
    best = min(temperatures, key=lambda t: functional.cross_entropy(logits / t, truth).item())
    student.classifier.weight /= best
    student.classifier.bias /= best
    print(f"temperature {best:.2f}")
