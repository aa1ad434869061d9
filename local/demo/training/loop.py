"""The training loop of both sentiment networks, teacher and student."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 7
BATCH = 64
WARM_UP = 0.08
NO_LABEL = -100
SOFTNESS = 2.0


class TrainingExample(NamedTuple):
    """A sentence as token ids, with its label and the teacher's logits, if there are any."""

    ids: list[int]
    label: int = NO_LABEL
    soft: tuple[float, ...] = (0.0, 0.0)


class Batch(NamedTuple):
    """Examples of similar length, padded to the longest."""

    ids: torch.Tensor
    labels: torch.Tensor
    soft: torch.Tensor


class TrainingPlan(NamedTuple):
    """The settings that differ between teacher and student."""

    epochs: int
    learning_rate: float
    masked: float = 0.0
    mask: int = 0
    first_word: int = 0
    soft_share: float = 0.0
    smoothing: float = 0.0


def batches(examples: list[TrainingExample], rng: random.Random) -> Iterator[Batch]:
    """Group sentences of similar length, since the longest one decides the cost of a batch."""
    order = sorted(examples, key=lambda example: len(example.ids) + rng.random() * 4)
    groups = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    rng.shuffle(groups)
    return (collate(group) for group in groups)


def collate(group: list[TrainingExample]) -> Batch:
    """Pad with zeros, the id of [PAD] in all BERT vocabularies used here."""
    ids = pad_sequence([torch.tensor(example.ids) for example in group], batch_first=True)
    labels = torch.tensor([example.label for example in group])
    return Batch(ids, labels, torch.tensor([example.soft for example in group]))


def hide_words(ids: torch.Tensor, plan: TrainingPlan) -> torch.Tensor:
    """Mask some words, so that the network does not memorize the small corpus."""
    words = (ids >= plan.first_word) & (torch.rand(ids.shape) < plan.masked)
    return ids.masked_fill(words, plan.mask)


def learning_rate_at(progress: float) -> float:
    """The factor of the learning rate at a progress from 0 to 1: a short warm-up, then a cosine."""
    return min(progress / WARM_UP, 0.5 * (1 + math.cos(math.pi * progress)))


def loss_of(logits: torch.Tensor, batch: Batch, plan: TrainingPlan) -> torch.Tensor:
    """Loss against the labels and the teacher's logits; without a label, against the teacher alone."""
    labels = functional.cross_entropy(
        logits, batch.labels, ignore_index=NO_LABEL, label_smoothing=plan.smoothing, reduction="sum"
    ) / len(batch.labels)
    if not plan.soft_share:
        return labels
    student, teacher = ((each / SOFTNESS).log_softmax(-1) for each in (logits, batch.soft))
    distance = functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return (1 - plan.soft_share) * labels + plan.soft_share * SOFTNESS**2 * distance


def logits_of(model: Any, ids: torch.Tensor) -> torch.Tensor:
    """Run the network, in bfloat16 if the processor has it; without it, bfloat16 is 7 times slower."""
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported()):
        logits: torch.Tensor = model(input_ids=ids, attention_mask=(ids != 0).long()).logits
    return logits.float()


def fit(model: Any, examples: list[TrainingExample], plan: TrainingPlan) -> None:
    """Train with word masking, dropout and gradient clipping, as the corpus is small."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=plan.learning_rate, betas=(0.9, 0.98), weight_decay=0.05
    )
    steps = plan.epochs * math.ceil(len(examples) / BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_at((step + 1) / steps))
    rng = random.Random(SEED)
    model.train()
    for epoch in range(plan.epochs):
        losses = []
        for batch in batches(examples, rng):
            loss = loss_of(logits_of(model, hide_words(batch.ids, plan)), batch, plan)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {plan.epochs}: loss {sum(losses) / len(losses):.3f}", flush=True)
    model.eval()


@torch.no_grad()
def predict(model: Any, coded: list[list[int]]) -> torch.Tensor:
    """The logits of all sentences, in their order."""
    model.eval()
    order = sorted(range(len(coded)), key=lambda index: len(coded[index]))
    found = torch.zeros(len(coded), 2)
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        found[part] = logits_of(model, collate([TrainingExample(coded[index]) for index in part]).ids)
    return found
