"""Texts rewritten with plain transformers in fp32: the reference for every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@torch.no_grad()
def rewrite(texts: Sequence[str], model_dir: Path, batch: int) -> list[str]:
    """What the model makes of each text, ``batch`` of them at a time."""
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    model = AutoModelForSeq2SeqLM.from_pretrained(model_dir, dtype=torch.float32).eval()
    found: list[str] = []
    for start in range(0, len(texts), batch):
        part = list(texts[start : start + batch])
        inputs = tokenizer(part, padding=True, truncation=True, return_tensors="pt")
        inputs.pop("token_type_ids", None)
        found += tokenizer.batch_decode(model.generate(**inputs), skip_special_tokens=True)
    return found
