"""The student network: its shape, its first word vectors, and its calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from transformers import BertConfig, BertForSequenceClassification

from local.demo.training.loop import predict
from local.demo.training.teacher import encode_alone, get_input_vectors
from local.demo.training.tokenizer import POSITIONS, VOCABULARY

if TYPE_CHECKING:
    from local.demo.training.teacher import Teacher

HIDDEN = 128
SPREAD = 0.04


def build_student() -> Any:
    """Make the untrained network, with the label names of its answers."""
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


def center(vectors: torch.Tensor) -> torch.Tensor:
    """Shift and scale vectors to mean zero and total variance one."""
    vectors = vectors - vectors.mean(0)
    return vectors / vectors.pow(2).sum(1).mean().sqrt()


def compress_vectors(base: Teacher, teacher: Teacher, vocabulary: list[str]) -> torch.Tensor:
    """Compress MiniLM's word vectors, from before and after fine-tuning, to the student's dimensions."""
    tokens = [base.tokenizer.token_to_id(token) for token in vocabulary]
    families = (
        get_input_vectors(base)[tokens],
        encode_alone(base, vocabulary),
        encode_alone(teacher, vocabulary),
    )
    joined = torch.cat([center(family) for family in families], dim=1)
    axes = torch.linalg.svd(joined, full_matrices=False).Vh[:HIDDEN]
    pressed = joined @ axes.T
    turned = pressed @ torch.nn.init.orthogonal_(torch.empty(HIDDEN, HIDDEN))
    start: torch.Tensor = turned / turned.std() * SPREAD
    return start


def inherit(student: Any, vectors: torch.Tensor) -> None:
    """Set the student's word vectors, so that words not seen in training are near similar words."""
    with torch.no_grad():
        student.bert.embeddings.word_embeddings.weight.copy_(vectors)


@torch.no_grad()
def calibrate(student: Any, coded: list[list[int]], labels: list[int]) -> None:
    """Scale the logits so that a score of 0.8 is right about 8 times in 10, on separate text."""
    logits, truth = predict(student, coded), torch.tensor(labels)
    temperatures = [0.3 + 0.05 * step for step in range(80)]
    best = min(temperatures, key=lambda t: functional.cross_entropy(logits / t, truth).item())
    student.classifier.weight /= best
    student.classifier.bias /= best
    print(f"temperature {best:.2f}")
