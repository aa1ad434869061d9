"""Image classification: a pipeline at import, pictures as base64."""

from __future__ import annotations

import os
from typing import Any

from transformers import pipeline

PIPELINE = pipeline("image-classification", model=os.environ["PEER_MODEL"], device="cpu")


def handler(event: dict[str, Any], context: Any) -> Any:
    """One picture or several; the best labels with scores."""
    return PIPELINE(event["inputs"])
