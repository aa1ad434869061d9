"""Image classification by a pipeline; pictures come as base64."""

from __future__ import annotations

import os
from typing import Any

from transformers import pipeline

PIPELINE = pipeline("image-classification", model=os.environ["PEER_MODEL"], device="cpu")


def handler(event: dict[str, Any], context: Any) -> Any:
    """Classify one picture or several; returns the best labels with scores."""
    return PIPELINE(event["inputs"])
