"""Text generation by a pipeline in fp32: most CPUs are slower in the stored half precision."""

from __future__ import annotations

import os
from typing import Any

import torch
from transformers import pipeline

PIPELINE = pipeline("text-generation", model=os.environ["PEER_MODEL"], device="cpu", dtype=torch.float32)


def handler(event: dict[str, Any], context: Any) -> Any:
    """Continue a prompt with the model's own generation settings."""
    return PIPELINE(event["inputs"], return_full_text=False)
