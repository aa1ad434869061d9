"""Text classification by a pipeline."""

from __future__ import annotations

import os
from typing import Any

from transformers import pipeline

PIPELINE = pipeline("text-classification", model=os.environ["PEER_MODEL"], device="cpu")


def handler(event: dict[str, Any], context: Any) -> Any:
    """Classify one text or several, truncated at the model's limit; returns all labels with scores."""
    return PIPELINE(event["inputs"], top_k=None, truncation=True)
