"""Text generation: a pipeline at import."""

from __future__ import annotations

import os
from typing import Any

from transformers import pipeline

PIPELINE = pipeline("text-generation", model=os.environ["PEER_MODEL"], device="cpu")


def handler(event: dict[str, Any], context: Any) -> Any:
    """What follows a prompt, with the model's own generation settings."""
    return PIPELINE(event["inputs"], return_full_text=False)
