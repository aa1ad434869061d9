"""Models of real architecture with seeded random weights, as repositories of the Hub."""

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
    """Save a model with its initial weights, in the ``dtype`` of the real repository."""
    import torch
    import transformers
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(SEED)
    model = getattr(transformers, auto_class).from_config(config)
    if generation:
        model.generation_config.update(**generation)
        model.generation_config._from_model_config = False  # else every load derives it again
    model.to(getattr(torch, dtype)).save_pretrained(folder)
