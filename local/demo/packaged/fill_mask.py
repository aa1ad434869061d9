"""A model that fills gaps: all-MiniLM-L6-v2 from its package, with a head and adapters trained here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from local.demo.packaged.adapters import fill, merged_weights
from local.demo.packaged.heads import PACKAGE, write_card, write_tokenizer
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-fill-mask"
MASK, THEIRS = "<mask>", "[MASK]"
"""How the gap is spelled: as in the default model, so that the task's examples fit both."""
EMBEDDINGS = "bert.embeddings.word_embeddings.weight"
TIED = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")


def make(folder: Path) -> None:
    """Put MiniLM, the adapters and the head together."""
    import transformers

    config = transformers.BertConfig.from_pretrained(folder_of(PACKAGE) / "model")
    model = fill(transformers.BertForMaskedLM(config), merged_weights(NAME), TIED)
    model.half().save_pretrained(folder)
    write_tokenizer(folder)
    _rename_mask(folder)
    write_card(folder, NAME, "fill-mask", "MiniLM with a head for masked words")


def _rename_mask(folder: Path) -> None:
    """Write the mask token under its new name into the tokenizer's files."""
    for file in folder.glob("*token*.json"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(json.dumps(THEIRS), json.dumps(MASK)), encoding="utf-8")
    words = folder / "vocab.txt"
    words.write_text(words.read_text(encoding="utf-8").replace(THEIRS, MASK), encoding="utf-8")
