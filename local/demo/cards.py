"""Model cards of the demo models that are made at first use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CARD = "README.md"
UNTRAINED = "untrained demo weights"
"""Stands in the card, and beside every answer of such a model."""


@dataclass(frozen=True)
class Card:
    """The contents of a model card."""

    name: str
    pipeline_tag: str
    title: str
    text: str
    licence: str = "apache-2.0"
    library: str = "transformers"
    is_untrained: bool = False


def untrained(name: str, pipeline_tag: str, kind: str, library: str = "transformers") -> Card:
    """The card of a model with random weights; ``kind`` describes the architecture."""
    text = (
        f"These are **{UNTRAINED}**: {kind},\nwith random numbers where a trained model has knowledge.\n\n"
        "It loads, runs and answers in the right form, so that every function can be tried where no Hub is\n"
        "in reach. What it answers means nothing.\n"
    )
    return Card(name, pipeline_tag, UNTRAINED, text, library=library, is_untrained=True)


def write(folder: Path, card: Card) -> None:
    """Write ``README.md``, as the Hub has it."""
    tags = ["demo", *(["untrained"] if card.is_untrained else [])]
    lines = [
        "---",
        f"license: {card.licence}",
        "language:",
        "- en",
        f"library_name: {card.library}",
        f"pipeline_tag: {card.pipeline_tag}",
        "tags:",
        *(f"- {tag}" for tag in tags),
        "---",
        "",
        f"# {card.name}: {card.title}",
        "",
        card.text,
    ]
    (folder / CARD).write_text("\n".join(lines), encoding="utf-8")
