"""Summarization and translation by tokenizer and model: transformers 5 has no pipelines for them."""

from __future__ import annotations

import os
from typing import Any

from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

TOKENIZER = AutoTokenizer.from_pretrained(os.environ["PEER_MODEL"])
MODEL = AutoModelForSeq2SeqLM.from_pretrained(os.environ["PEER_MODEL"])
RESULT = {"summarization": "summary_text", "translation": "translation_text"}[os.environ["PEER_TASK"]]


def handler(event: dict[str, Any], context: Any) -> Any:
    """Answer one text or several with the model's own generation settings."""
    inputs = event["inputs"]
    texts = [inputs] if isinstance(inputs, str) else inputs
    tokens = TOKENIZER(texts, return_tensors="pt", truncation=True, padding=True)
    outputs = MODEL.generate(**tokens)
    return [{RESULT: text} for text in TOKENIZER.batch_decode(outputs, skip_special_tokens=True)]
