"""A classifier's label names, from its ``config.json``."""

from __future__ import annotations

from typing import Any


def label_names(config: dict[str, Any]) -> list[str]:
    """In the order of the model's outputs; ``LABEL_0``, ``LABEL_1``, ... where the repository names none."""
    names = config.get("id2label") or {str(i): f"LABEL_{i}" for i in range(config.get("num_labels", 2))}
    return [names[key] for key in sorted(names, key=int)]
