"""A table of vectors as a torch model: what its graph is exported from and proven against."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_table(folder: Path) -> Any:
    """A model that gives each token's vector as ``last_hidden_state``, of shape (1, tokens, size)."""
    import torch
    from safetensors.torch import load_file

    table = load_file(folder / "model.safetensors")["embedding.weight"]

    class StaticTable(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(table.shape[0], table.shape[1], _weight=table)

        def forward(self, input_ids: torch.Tensor) -> Any:
            return SimpleNamespace(last_hidden_state=self.embedding(input_ids))

    return StaticTable().eval()
