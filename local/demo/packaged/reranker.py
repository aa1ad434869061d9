"""A model that ranks texts: all-MiniLM-L6-v2 from its package, with adapters trained here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from local.demo.packaged.adapters import fill, merged_weights
from local.demo.packaged.heads import PACKAGE, write_card, write_tokenizer
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-rerank"
TRAINED = re.compile(r"pooler|classifier|layer\.[345]\.(attention\.self|.*(bias|LayerNorm))")


def is_trained(name: str) -> bool:
    """Whether a weight of this name is ours; the others are MiniLM's."""
    return TRAINED.search(name) is not None


def load_base(folder: Path) -> tuple[Any, Any]:
    """MiniLM as a model with one label, and its tokenizer for pairs."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoConfig, BertForSequenceClassification

    config = AutoConfig.from_pretrained(folder, num_labels=1)
    model = BertForSequenceClassification.from_pretrained(folder, config=config, dtype=torch.float32)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    return model, tokenizer


def make(folder: Path) -> None:
    """Put MiniLM and the adapters together."""
    import transformers

    config = transformers.BertConfig.from_pretrained(folder_of(PACKAGE) / "model", num_labels=1)
    model = fill(transformers.BertForSequenceClassification(config), merged_weights(NAME))
    model.half().save_pretrained(folder)
    write_tokenizer(folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["model_max_length"] = config.max_position_embeddings  # the package's 256 is for vectors
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")
    write_card(folder, NAME, "text-ranking", "MiniLM as a cross-encoder")
