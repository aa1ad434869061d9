"""Real architectures with seeded random weights, written as a repository of the Hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SEED = 0


def save_random(
    folder: Path,
    auto_class: str,
    config: Any,
    generation: Mapping[str, Any] | None = None,
    dtype: str = "float32",
) -> None:
    """Weights as the architecture begins training with, stored as the real repository stores its own."""
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(SEED)
    model = getattr(transformers, auto_class).from_config(config)
    if generation:
        model.generation_config.update(**generation)
        model.generation_config._from_model_config = False  # else it is derived anew at every load
    model.to(getattr(torch, dtype)).save_pretrained(folder)
