"""Train the demo model that ranks texts: all-MiniLM-L6-v2 as a cross-encoder, of which few weights change.

python -m local.demo.training.reranking --base MINILM_FOLDER --minutes 10 --out FILE
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from local.demo.everyday_facts import make_group
from local.demo.packaged import eight_bits
from local.demo.packaged.adapters import DOWN, UP, adapter_file, read_minilm
from local.demo.packaged.reranker import NAME, is_trained, load_base
from local.demo.training.tokenizer import common_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tokenizers import Tokenizer

SEED = 7
GROUPS = 2
"""Questions in a batch, each with its texts."""
LEARNING_RATE = 5e-4
RANK = 16
"""Of the adapters that are kept: measured, 16 rank as well as all 384."""
WARM_UP = 0.1


class Batch(NamedTuple):
    """Pairs as the model reads them, and whether each text answers."""

    inputs: dict[str, torch.Tensor]
    answers: torch.Tensor


def batches(tokenizer: Tokenizer) -> Iterator[Batch]:
    """Endless questions; one of their texts answers each."""
    rng, vocabulary = random.Random(SEED), [word for word in common_words(tokenizer) if len(word) > 2][:6000]
    while True:
        groups = [make_group(rng, vocabulary) for _ in range(GROUPS)]
        pairs = [(group.query, text) for group in groups for text in (*group.answers, *group.others)]
        coded = tokenizer.encode_batch(pairs)
        names = {"input_ids": "ids", "token_type_ids": "type_ids", "attention_mask": "attention_mask"}
        yield Batch(
            {name: _padded([getattr(each, part) for each in coded]) for name, part in names.items()},
            torch.tensor([float(text in group.answers) for group in groups for text in _texts(group)]),
        )


def _texts(group: Any) -> list[str]:
    return [*group.answers, *group.others]


def _padded(rows: list[list[int]]) -> torch.Tensor:
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def fit(model: Any, tokenizer: Tokenizer, minutes: float) -> None:
    """Train for so long; the learning rate falls to nothing by then."""
    trained = [weights for name, weights in model.named_parameters() if is_trained(name)]
    for name, weights in model.named_parameters():
        weights.requires_grad_(is_trained(name))
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.0)
    started_s, losses = time.monotonic(), []
    for step, batch in enumerate(batches(tokenizer)):
        progress = (time.monotonic() - started_s) / (60 * minutes)
        if progress >= 1:
            return
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * min(progress / WARM_UP + 0.01, 1 - progress)
        logits = model(**batch.inputs).logits[:, 0]
        loss = functional.binary_cross_entropy_with_logits(logits, batch.answers)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
        if step % 20 == 19:
            print(f"step {step + 1}: loss {sum(losses[-20:]) / 20:.3f}", flush=True)


def as_adapters(changed: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The nearest low-rank change of each matrix of MiniLM; what it has none of stays as it is."""
    base, found = read_minilm(), {}
    for name, weights in changed.items():
        if weights.dim() < 2 or name not in base:
            found[name] = weights
            continue
        left, sizes, right = torch.linalg.svd(weights.float() - base[name])
        roots = sizes[:RANK].sqrt()
        found[name + UP], found[name + DOWN] = left[:, :RANK] * roots, roots[:, None] * right[:RANK]
    return found


def main() -> None:
    """Train, and save what changed."""
    parser = argparse.ArgumentParser(description="Train the demo ranking model.")
    parser.add_argument("--base", type=Path, required=True, help="the folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, default=adapter_file(NAME))
    parser.add_argument("--minutes", type=float, default=10)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model, tokenizer = load_base(arguments.base)
    fit(model, tokenizer, arguments.minutes)
    changed = {name: weights for name, weights in model.state_dict().items() if is_trained(name)}
    eight_bits.write(as_adapters(changed), arguments.out)


if __name__ == "__main__":
    main()
