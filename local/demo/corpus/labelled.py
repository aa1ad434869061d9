"""Labelled sentences from the lists of this folder: ``emotion.toml`` and ``spam.toml``."""

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent
SLOT = re.compile(r"\{(\w+)\}")
Part = Literal["train", "held_out"]


class Named(NamedTuple):
    """A sentence and the name of its label."""

    label: str
    text: str


def read_list(name: str) -> dict[str, Any]:
    """A list of this folder, as it stands."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def emotions(part: Part) -> list[Named]:
    """The sentences of every emotion."""
    return [
        Named(label, text) for label, parts in read_list("emotion").items() for text in split(parts[part])
    ]


def messages(part: Part, each: int, seed: int) -> list[Named]:
    """Messages, wanted ones and others; of every pattern up to ``each`` different ones."""
    lists, rng = read_list("spam"), random.Random(seed)
    slots = {name: split(words) for name, words in lists["slots"][part].items()}
    found = []
    for label in ("ham", "spam"):
        for pattern in split(lists[label][part]):
            texts = dict.fromkeys(fill(pattern, slots, rng) for _ in range(each))
            found += [Named(label, text) for text in texts]
    return found


def fill(pattern: str, slots: dict[str, list[str]], rng: random.Random) -> str:
    """The pattern with a word in each slot."""
    return SLOT.sub(lambda slot: rng.choice(slots[slot[1]]), pattern)


def split(entries: str) -> list[str]:
    """The entries of a list, which stand between bars."""
    return [entry.strip() for entry in entries.split("|")]


def labels_of(rows: Sequence[Named]) -> list[str]:
    """The labels in their first order."""
    return list(dict.fromkeys(row.label for row in rows))
