"""A model that finds answers: all-MiniLM-L6-v2 from its package, with a head and adapters trained here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.demo.packaged.adapters import fill, merged_weights
from local.demo.packaged.heads import PACKAGE, write_card, write_tokenizer
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-question-answering"
BELOW = "demo-rerank"
"""Training began from the model that ranks texts, which knows how a question and a text meet."""


def make(folder: Path) -> None:
    """Put MiniLM, the adapters and the head together."""
    import transformers

    config = transformers.BertConfig.from_pretrained(folder_of(PACKAGE) / "model")
    model = transformers.BertForQuestionAnswering(config)
    fill(model, merged_weights(NAME, below=BELOW)).half().save_pretrained(folder)
    write_tokenizer(folder)
    write_card(folder, NAME, "question-answering", "MiniLM with a head for answers")
