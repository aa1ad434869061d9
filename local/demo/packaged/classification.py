"""A zero-shot classifier: all-MiniLM-L6-v2 from its package, with a head and adapters trained here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.demo.packaged.adapters import fill, merged_weights
from local.demo.packaged.heads import PACKAGE, write_card, write_tokenizer
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

NAME = "demo-classification"
BELOW = "demo-rerank"
"""Training began from the model that ranks texts, which knows how two texts meet."""
LABELS = ("not_entailment", "entailment")


def make(folder: Path) -> None:
    """Put MiniLM, the adapters and the head together."""
    import transformers

    config = transformers.BertConfig.from_pretrained(
        folder_of(PACKAGE) / "model",
        id2label=dict(enumerate(LABELS)),
        label2id={label: index for index, label in enumerate(LABELS)},
    )
    model = transformers.BertForSequenceClassification(config)
    fill(model, merged_weights(NAME, below=BELOW)).half().save_pretrained(folder)
    write_tokenizer(folder)
    write_card(folder, NAME, "zero-shot-classification", "MiniLM as a judge of labels")
