"""Made-up contexts with questions and the place of each answer, from ``answers.toml``."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from local.demo import everyday_facts
from local.demo.corpus.labelled import read_list

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

SLOT = re.compile(r"\{(\w+)\}")
ANSWERS = "=>"
OTHER_WORD = 0.12
"""How often a slot gets any word at all: so a model learns to compare words that no list here has."""
SAME_FACT = 0.5
"""How often a context also has the same fact of other things: then words alone give no answer away."""
MOST_OTHERS = 3
ARTICLES = re.compile(r"\b(?:the|an?) $", re.IGNORECASE)


class Fact(NamedTuple):
    """Patterns of the same content, and questions with the slots that answer them."""

    says: list[str]
    asks: list[tuple[str, str]]


class Answer(NamedTuple):
    """A question, its context, and where in it the answer stands, in characters."""

    question: str
    context: str
    start: int
    end: int


@cache
def facts() -> tuple[Fact, ...]:
    """All patterns."""
    found = []
    for each in read_list("answers")["fact"]:
        asks = [tuple(ask.split(ANSWERS)) for ask in each["asks"].split("|")]
        found.append(Fact(each["says"].split("|"), [(question, slot) for question, slot in asks]))
    return tuple(found)


@cache
def words() -> dict[str, list[str]]:
    """Slot -> what may stand in it."""
    own = {name: entries.split("|") for name, entries in read_list("answers")["words"].items()}
    return everyday_facts.words() | own


def make_answer(rng: random.Random, places: Sequence[str], vocabulary: Sequence[str]) -> Answer:
    """A question about one of a context's facts. ``places`` are names; ``vocabulary`` is any words."""
    fact, filling = rng.choice(facts()), _fill(rng, places, vocabulary)
    question, slot = rng.choice(fact.asks)
    while not (says := [each for each in fact.says if slot in SLOT.findall(each)]):
        question, slot = rng.choice(fact.asks)
    sentence, start, end = _write(rng.choice(says), filling, slot)
    others = []
    for _ in range(rng.randint(0, MOST_OTHERS)):
        names_it = "{" in question  # else the same fact of another thing would be as right
        other = fact if names_it and rng.random() < SAME_FACT else rng.choice(facts())
        others.append(_write(rng.choice(other.says), _fill(rng, places, vocabulary), slot)[0])
    at = rng.randint(0, len(others))
    before = "".join(f"{each} " for each in others[:at])
    context = " ".join([*others[:at], sentence, *others[at:]])
    asked = SLOT.sub(lambda found: filling[found[1]], question)
    return Answer(asked, context, len(before) + start, len(before) + end)


def _fill(rng: random.Random, places: Sequence[str], vocabulary: Sequence[str]) -> dict[str, str]:
    lists = words()
    filling = {
        name: rng.choice(vocabulary) if rng.random() < OTHER_WORD else rng.choice(choices)
        for name, choices in lists.items()
    }
    who = (rng.choice(lists["first"]), rng.choice([*lists["last"], rng.choice(vocabulary).capitalize()]))
    filling["person"] = rng.choice((" ".join(who), " ".join(who), who[0], rng.choice(lists["role"])))
    filling["year"] = str(rng.randint(1500, 2024))
    filling["number"] = rng.choice(
        (str(rng.randint(3, 999)), f"{rng.randint(2, 900)},000", f"{rng.randint(2, 30)} million")
    )
    filling["place"] = rng.choice(places)
    return filling


def _write(pattern: str, filling: dict[str, str], slot: str) -> tuple[str, int, int]:
    """The sentence, and where the slot's words stand in it, with their article; 0 and 0 if it has none."""
    text, start, end, done = "", 0, 0, 0
    for found in SLOT.finditer(pattern):
        text += pattern[done : found.start()]
        if found[1] == slot and not end:
            article = ARTICLES.search(text)
            start, end = article.start() if article else len(text), len(text) + len(filling[slot])
        text += filling[found[1]]
        done = found.end()
    text += pattern[done:]
    return text[0].upper() + text[1:], start, end
