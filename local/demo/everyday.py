"""Synthetic everyday sentences: the film reviews of the training set never mention a phone or a waiter.

Patterns in ``everyday_lexicon.toml`` have slots. ``{name}`` is filled from the lists of that name,
``{!name}`` from those of the opposite polarity. This gives negation ("not {!adj}") and contrast
("{!clause}, but {clause}") without special rules.
"""

from __future__ import annotations

import random
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LEXICON = Path(__file__).with_name("everyday_lexicon.toml")
SHARED = "common"
POLARITY = ("bad", "good")
SLOT = re.compile(r"\{(!?)(\w+)\}")
BEFORE_VOWEL = re.compile(r"\ba (?=[aeiou](?!ne\b|ni|s[ei]))", re.IGNORECASE)
MAX_WORDS = 45
SHORT_FORMS = (
    (r"\b(I) am\b", r"\1'm"),
    (r"\b(it|that|there|she|he) is\b", r"\1's"),
    (r"\b(we|they|you) are\b", r"\1're"),
    (r"\b(I|we|they|you) have (?=been|never|had|seen)", r"\1've "),
    (r"\b(I|we|you|it) will\b", r"\1'll"),
    (r"\b(I|we|you) would\b", r"\1'd"),
    (r"\b(did|does|do|was|were|is|are|could|would|should) not\b", r"\1n't"),
    (r"\bcannot\b", "can't"),
    (r"\bwill not\b", "won't"),
)

Lexicon = dict[str, dict[str, dict[str, list[str]]]]


class Labelled(NamedTuple):
    """A sentence and its label, 1 for positive. All sources of text use this type."""

    label: int
    text: str


@cache
def lexicon() -> Lexicon:
    """Read the word lists, once. In the file, entries are separated by ``|``."""
    tables = tomllib.loads(LEXICON.read_text(encoding="utf-8"))
    return {
        domain: {
            polarity: {name: entries.split("|") for name, entries in lists.items()}
            for polarity, lists in polarities.items()
        }
        for domain, polarities in tables.items()
    }


@cache
def domains() -> tuple[str, ...]:
    """The subjects that sentences can be about."""
    return tuple(name for name in lexicon() if name != SHARED)


def _choices(name: str, domain: str, label: int) -> list[list[str]]:
    """All lists for a slot: the subject's own and the shared ones, equally likely."""
    tables = lexicon()
    found = [
        tables[place][polarity][name]
        for place in (domain, SHARED)
        for polarity in (POLARITY[label], "any")
        if name in tables[place].get(polarity, {})
    ]
    if not found:
        raise KeyError(f"no list named {name!r} for {domain} with polarity {POLARITY[label]}")
    return found


def _fill_slot(name: str, domain: str, label: int, rng: random.Random) -> str:
    """Fill one slot, and then the slots in the chosen entry."""
    entry = rng.choice(rng.choice(_choices(name, domain, label)))

    def fill(slot: re.Match[str]) -> str:
        return _fill_slot(slot[2], domain, 1 - label if slot[1] else label, rng)

    return SLOT.sub(fill, entry)


def _contract(text: str, rng: random.Random) -> str:
    """Contract every other sentence, so that the model learns both "don't" and "do not"."""
    if rng.random() < 0.5:
        for long, short in reversed(SHORT_FORMS):
            text = re.sub(long, short, text, flags=re.IGNORECASE)
    return text


def _format_sentence(text: str) -> str:
    """Correct the spelling: single spaces, "an" before a vowel, a capital after a full stop."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" (?=[,.!])", "", text)
    text = BEFORE_VOWEL.sub("an ", text)
    return re.sub(r"(?:^|(?<=[.!] ))[a-z]", lambda start: start[0].upper(), text)


def normalize(text: str) -> str:
    """The words of a sentence in lower case, to compare sentences without punctuation."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def sentences(seed: int) -> Iterator[Labelled]:
    """Endless sentences, positive and negative in turn."""
    rng = random.Random(seed)
    while True:
        for label in (1, 0):
            text = _fill_slot("sentence", rng.choice(domains()), label, rng)
            text = _format_sentence(_contract(text, rng))
            if len(text.split()) <= MAX_WORDS:
                yield Labelled(label, text)


def generate(count: int, seed: int, avoid: Collection[str] = ()) -> list[Labelled]:
    """``count`` different sentences, none of which has the words of one in ``avoid`` (the test set)."""
    seen = {normalize(text) for text in avoid}
    kept: list[Labelled] = []
    for sentence in sentences(seed):
        if len(kept) == count:
            break
        key = normalize(sentence.text)
        if key not in seen:
            seen.add(key)
            kept.append(sentence)
    return kept
