"""Synthetic facts, with questions that they answer and others, from ``everyday_facts.toml``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

FACTS = Path(__file__).with_name("everyday_facts.toml")
SLOT = re.compile(r"\{(\w+)\}")
OTHER_WORD = 0.25
"""How often a slot gets any word at all: so a model learns to compare words that no list here has."""
RELATED = 2
"""Texts of a group that share words with the answer."""
STRANGERS = 2
"""Texts of a group that have nothing to do with the question, but by chance."""


class Fact(NamedTuple):
    """Patterns of the same content."""

    says: list[str]
    asks: list[str]


class Group(NamedTuple):
    """A question, texts that answer it, and others."""

    query: str
    answers: list[str]
    others: list[str]


@cache
def words() -> dict[str, list[str]]:
    """Slot -> what may stand in it."""
    return {name: entries.split("|") for name, entries in _document()["words"].items()}


@cache
def facts() -> tuple[Fact, ...]:
    """All patterns."""
    return tuple(Fact(each["says"].split("|"), each["asks"].split("|")) for each in _document()["fact"])


def make_group(rng: random.Random, vocabulary: Sequence[str]) -> Group:
    """A question with its fact; the same words in another fact, and facts that have nothing to do with it."""
    fact, filling = rng.choice(facts()), _fill(rng, vocabulary)
    subjects = set(SLOT.findall("".join(fact.says)))
    others = [each for each in facts() if each is not fact]
    related = [each for each in others if subjects & set(SLOT.findall("".join(each.says)))] or others
    texts = [_write(rng.choice(rng.choice(related).says), filling) for _ in range(RELATED)]
    texts += [_write(rng.choice(rng.choice(others).says), _fill(rng, vocabulary)) for _ in range(STRANGERS)]
    return Group(_write(rng.choice(fact.asks), filling), [_write(rng.choice(fact.says), filling)], texts)


def _fill(rng: random.Random, vocabulary: Sequence[str]) -> dict[str, str]:
    return {
        name: rng.choice(vocabulary) if rng.random() < OTHER_WORD else rng.choice(choices)
        for name, choices in words().items()
    }


def _write(pattern: str, filling: dict[str, str]) -> str:
    text = SLOT.sub(lambda slot: filling[slot[1]], pattern)
    return text[0].upper() + text[1:]


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(FACTS.read_text(encoding="utf-8"))
