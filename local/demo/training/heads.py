"""Train the demo emotion and spam models: heads on MiniLM, whose own layers stay as they are.

python -m local.demo.training.heads emotion
python -m local.demo.training.heads spam --data FOLDER_OF_CORPORA
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file
from torch.nn import functional
from transformers import BertModel

from local.demo.corpus.labelled import Named, emotions, labels_of, messages
from local.demo.corpus.public import read_corpora
from local.demo.packaged.heads import HEADS, LAYERS, PACKAGE
from local.demo.packaged.packages import folder_of
from local.demo.training.teacher import read_tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.demo.corpus.labelled import Part

SEED = 29
EPOCHS = 60
BATCH = 64
LEARNING_RATE = 1e-3
EACH = 10
"""Messages made of one pattern."""
EVERYDAY_HAM = 300
"""Sentences of the public corpora that pass for wanted messages."""
SPAM_WEIGHT = 2.0
"""There are more wanted messages than others, and a missed one is what a visitor tries first."""
LENGTH = 64


def rows_of(name: str, part: Part, data: Path | None) -> list[Named]:
    """The labelled sentences of a task."""
    if name == "emotion":
        return emotions(part)
    rows = messages(part, EACH if part == "train" else 4, SEED)
    if data:
        corpora = read_corpora(data, held_out=part == "held_out")
        count = EVERYDAY_HAM if part == "train" else 300
        rows += [Named("ham", text) for text in random.Random(SEED).sample(corpora.sentences, count)]
    return rows


def varied(rows: Sequence[Named]) -> list[Named]:
    """Each sentence also without its last mark, since phones leave it out."""
    return [*rows, *(Named(row.label, row.text.rstrip(".!")) for row in rows)]


@torch.no_grad()
def features(texts: Sequence[str]) -> torch.Tensor:
    """What the kept layers of MiniLM make of each text's first token; shape ``(texts, 384)``."""
    folder = folder_of(PACKAGE) / "model"
    encoder: Any = BertModel.from_pretrained(folder, num_hidden_layers=LAYERS, dtype=torch.float32).eval()
    tokenizer = read_tokenizer()
    tokenizer.no_padding()
    tokenizer.enable_truncation(LENGTH)
    coded = tokenizer.encode_batch(list(texts))
    order = sorted(range(len(coded)), key=lambda index: len(coded[index].ids))
    found = torch.zeros(len(coded), encoder.config.hidden_size)
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        rows = [torch.tensor(coded[index].ids) for index in part]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        found[part] = encoder(input_ids=ids, attention_mask=(ids != 0).long()).last_hidden_state[:, 0]
    return found


class Head(torch.nn.Module):
    """BERT's own head: the pooler and the classifier, under the names that BERT's files have."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.pooler = torch.nn.Linear(width, width)
        self.classifier = torch.nn.Linear(width, labels)

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Logits of states with the shape ``(texts, width)``."""
        pooled = functional.dropout(torch.tanh(self.pooler(states)), 0.3, self.training)
        logits: torch.Tensor = self.classifier(pooled)
        return logits


def fit(head: Head, states: torch.Tensor, truth: torch.Tensor, loss_of: Callable[..., torch.Tensor]) -> None:
    """AdamW on cached states; noise on them stands in for more sentences."""
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    spread = states.std()
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(states)).split(BATCH):  # type: ignore[no-untyped-call]
            noisy = states[chosen] + torch.randn_like(states[chosen]) * spread * 0.3
            loss = loss_of(head(noisy), truth[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    head.eval()


def loss_for(name: str, labels: int) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Each emotion has a score of its own; a message is either spam or not."""
    if name == "emotion":
        weight = torch.full((labels,), labels / 3)

        def loss_of(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
            wanted = functional.one_hot(truth, labels).float() * 0.9 + 0.02
            return functional.binary_cross_entropy_with_logits(logits, wanted, pos_weight=weight)

        return loss_of
    weights = torch.tensor([1.0, SPAM_WEIGHT])
    return lambda logits, truth: functional.cross_entropy(logits, truth, weights, label_smoothing=0.02)


def save(name: str, head: Head, labels: Sequence[str]) -> Path:
    """Write the head in half precision, and its labels."""
    folder = HEADS / f"demo-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        "bert.pooler.dense.weight": head.pooler.weight,
        "bert.pooler.dense.bias": head.pooler.bias,
        "classifier.weight": head.classifier.weight,
        "classifier.bias": head.classifier.bias,
    }
    save_file(
        {key: value.detach().half().contiguous() for key, value in tensors.items()},
        folder / "head.safetensors",
    )
    (folder / "labels.json").write_text(json.dumps(list(labels)) + "\n", encoding="utf-8")
    return folder


def main() -> None:
    """Train a head, save it, and measure it on held-out sentences."""
    parser = argparse.ArgumentParser(description="Train the heads of the demo classifiers.")
    parser.add_argument("name", choices=("emotion", "spam"))
    parser.add_argument("--data", type=Path, help="the folder with rt_polarity and banking77, for spam")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    started_s = time.monotonic()
    train, held_out = (rows_of(arguments.name, part, arguments.data) for part in ("train", "held_out"))
    train, labels = varied(train), labels_of(train)
    truth = torch.tensor([labels.index(row.label) for row in train])
    states = features([row.text for row in train])
    head = Head(states.shape[1], len(labels))
    fit(head, states, truth, loss_for(arguments.name, len(labels)))
    save(arguments.name, head, labels)
    print(f"trained in {time.monotonic() - started_s:.0f} s")
    report(head, held_out, labels)


@torch.no_grad()
def report(head: Head, rows: Sequence[Named], labels: Sequence[str]) -> None:
    """Print the accuracy on held-out sentences, and each mistake."""
    logits = head(features([row.text for row in rows]))
    found = [labels[index] for index in logits.argmax(1).tolist()]
    wrong = [(row, label) for row, label in zip(rows, found, strict=True) if row.label != label]
    for row, label in wrong:
        print(f"  {label} should be {row.label}: {row.text}")
    print(f"held out: accuracy {1 - len(wrong) / len(rows):.4f} of {len(rows)}")


if __name__ == "__main__":
    main()
