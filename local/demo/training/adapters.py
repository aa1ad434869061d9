"""Train low-rank adapters of MiniLM: each linear layer gets two thin matrices, and only these change."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from local.demo.packaged import eight_bits
from local.demo.packaged.adapters import DOWN, MATRICES, UP, adapter_file, fill, merged_weights, read_minilm
from local.demo.packaged.heads import PACKAGE
from local.demo.packaged.packages import folder_of
from local.demo.training.loop import learning_rate_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

RANK = 8
LEARNING_RATE = 2e-3
SAID_EVERY = 25
NO_LABEL = -100


class Adapted(torch.nn.Module):
    """A linear layer, and what its adapter adds."""

    def __init__(self, inner: torch.nn.Linear, rank: int) -> None:
        super().__init__()
        self.inner = inner
        self.down = torch.nn.Parameter(torch.randn(rank, inner.in_features) / inner.in_features**0.5)
        self.up = torch.nn.Parameter(torch.zeros(inner.out_features, rank))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """As the merged layer would answer; shape ``(..., features)``."""
        added = functional.linear(functional.linear(states, self.down), self.up)
        summed: torch.Tensor = self.inner(states) + added
        return summed


def minilm_as(model_class: Any, below: str | None = None) -> Any:
    """MiniLM, or what the adapter ``below`` makes of it, under a head that is new."""
    import transformers

    dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}  # no example comes twice
    config = transformers.BertConfig.from_pretrained(folder_of(PACKAGE) / "model", **dropout)
    model, base = model_class(config), merged_weights(below) if below else read_minilm()
    base = {name: tensor for name, tensor in base.items() if name.startswith("bert.")}
    return fill(model, base, tuple(name for name in model.state_dict() if name not in base))


def adapt(model: Any, lowest: int = 0, rank: int = RANK) -> None:
    """Give the linear layers of BERT's layers from ``lowest`` on an adapter.

    Their biases and norms, and the head, are trained as they are.
    """
    for name, layer in list(model.named_modules()):
        if isinstance(layer, torch.nn.Linear) and name.endswith(MATRICES) and _layer_of(name) >= lowest:
            parent, _, own = name.rpartition(".")
            setattr(model.get_submodule(parent), own, Adapted(layer, rank))
    for name, weights in model.named_parameters():
        weights.requires_grad_(not name.endswith("inner.weight") and _layer_of(name) >= lowest)


def _layer_of(name: str) -> int:
    """The number of BERT's layer that a weight is in: -1 for embeddings, a large one for heads."""
    if ".embeddings." in name:
        return -1
    found = re.search(r"\.layer\.(\d+)\.", name)
    return int(found[1]) if found else 99


def trained_tensors(model: Any) -> dict[str, torch.Tensor]:
    """What is trained, under the names that merging expects."""
    trained = ((name, weights) for name, weights in model.named_parameters() if weights.requires_grad)
    return {_merged_name(name): weights.detach() for name, weights in trained}


def _merged_name(name: str) -> str:
    """``layer.up`` -> ``layer.weight.adapter_up``; what is no adapter loses only the mark of its wrapper."""
    for own, merged in ((".up", UP), (".down", DOWN)):
        if name.endswith(own):
            return f"{name.removesuffix(own)}.weight{merged}"
    return name.replace(".inner.", ".")


@torch.no_grad()
def go_on(model: Any, name: str) -> None:
    """Take up the adapter that an earlier run saved."""
    saved = eight_bits.read(adapter_file(name))
    for key, weights in trained_tensors(model).items():
        weights.copy_(saved[key])


def save(model: Any, name: str) -> Path:
    """Write the adapter of a demo model to where git has it."""
    path = adapter_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    eight_bits.write(trained_tensors(model), path)
    return path


def fit(
    model: Any,
    batches: Iterator[Any],
    loss_of: Callable[[Any, Any], torch.Tensor],
    minutes: float,
    lowest: int = 0,
    earlier: str | None = None,
) -> None:
    """Train the layers from ``lowest`` on for so long; the learning rate falls to nothing by then.

    ``earlier``: the demo model whose adapter an earlier run saved, to go on from.
    """
    adapt(model, lowest)
    if earlier:
        go_on(model, earlier)
    trained = [weights for weights in model.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    started_s, losses = time.monotonic(), []
    model.train()
    for step, batch in enumerate(batches):
        progress = (time.monotonic() - started_s) / (60 * minutes)
        if progress >= 1:
            break
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * learning_rate_at(max(progress, 1e-3))
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % SAID_EVERY == SAID_EVERY - 1:
            print(f"step {step + 1}: loss {sum(losses[-SAID_EVERY:]) / SAID_EVERY:.3f}", flush=True)
    model.eval()


def padded(rows: list[list[int]]) -> torch.Tensor:
    """Rows of token ids as one tensor, filled up with zeros, the id of [PAD]."""
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
