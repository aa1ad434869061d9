"""Low-rank adapters (LoRA, Hu et al. 2021) of MiniLM, and how they are merged into its weights.

An adapter changes a matrix by the product of two thin ones. So a model that was fine-tuned in all of its
layers takes half a megabyte in git. After merging it is an ordinary BERT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.demo.packaged import eight_bits
from local.demo.packaged.heads import HEADS, PACKAGE, load_strictly
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "adapter.safetensors"
UP, DOWN = ".adapter_up", ".adapter_down"
"""End the names of the two thin matrices, shapes ``(rows, rank)`` and ``(rank, columns)``."""
MATRICES = (
    "query",
    "key",
    "value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
    "pooler.dense",
)
"""The linear layers of BERT that have adapters."""


def adapter_file(name: str) -> Path:
    """Where the adapter of a demo model lies in git."""
    return HEADS / name / FILE


def read_minilm() -> dict[str, Any]:
    """MiniLM's weights from its package, in single precision, under the names that BERT's heads expect."""
    from safetensors.torch import load_file

    weights = load_file(folder_of(PACKAGE) / "model" / "model.safetensors")
    return {
        f"bert.{name}": each.float() for name, each in weights.items() if not name.endswith("position_ids")
    }


def merge(base: Mapping[str, Any], adapter: Mapping[str, Any]) -> dict[str, Any]:
    """The weights with the adapter in them; what is no thin matrix replaces what was there.

    ``KeyError`` if a thin matrix has no other half, or changes a weight that is not there.
    """
    merged = dict(base)
    for name, tensor in adapter.items():
        if name.endswith(UP):
            weight = name.removesuffix(UP)
            merged[weight] = base[weight] + tensor @ adapter[weight + DOWN]
        elif name.endswith(DOWN):
            if name.removesuffix(DOWN) + UP not in adapter:
                raise KeyError(name)
        else:
            merged[name] = tensor
    return merged


def merged_weights(name: str, below: str | None = None) -> dict[str, Any]:
    """MiniLM's weights with the adapter of this demo model, and first of all that of the one ``below``."""
    base = merged_weights(below) if below else read_minilm()
    return merge(base, eight_bits.read(adapter_file(name)))


def fill(model: Any, weights: Mapping[str, Any], remade: tuple[str, ...] = ()) -> Any:
    """Load merged weights into a model, but for layers that its kind of BERT has none of."""
    kept = {name: tensor for name, tensor in weights.items() if name in model.state_dict()}
    others = weights.keys() - kept.keys()
    if not all(name.startswith(("bert.pooler.", "classifier.")) for name in others):
        raise KeyError(f"weights do not fit: {sorted(others)}")
    return load_strictly(model, kept, ("bert.embeddings.position_ids", *remade))
