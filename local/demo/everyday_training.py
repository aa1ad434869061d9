"""Synthetic everyday sentences, because the film reviews we train on never mention a phone or a waiter.

A sentence grows from the patterns of `everyday_lexicon.toml`: a slot `{name}` is filled from the lists of
that name, `{!name}` from those of the opposite polarity. That one mark gives negation ("not {!adj}") and
contrast ("{!clause}, but {clause}") without a rule for each.
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
    """A sentence with its polarity, 1 for positive: the one shape that all sources of text share."""

    label: int
    text: str


@cache
def lexicon() -> Lexicon:
    """Read the word lists once; the file keeps them readable, so the splitting happens here."""
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
    """Name the subjects that sentences can be about."""
    return tuple(name for name in lexicon() if name != SHARED)


def _choices(name: str, domain: str, label: int) -> list[list[str]]:
    """Find every list for a slot; the subject's own lists stand beside the shared ones with equal chance."""
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


def _grow(name: str, domain: str, label: int, rng: random.Random) -> str:
    """Fill one slot, and the slots inside what was chosen for it."""
    entry = rng.choice(rng.choice(_choices(name, domain, label)))

    def fill(slot: re.Match[str]) -> str:
        return _grow(slot[2], domain, 1 - label if slot[1] else label, rng)

    return SLOT.sub(fill, entry)


def _shorten(text: str, rng: random.Random) -> str:
    """Contract as people do in every other sentence, so that "don't" and "do not" mean the same."""
    if rng.random() < 0.5:
        for long, short in reversed(SHORT_FORMS):
            text = re.sub(long, short, text, flags=re.IGNORECASE)
    return text


def _tidy(text: str) -> str:
    """Write as a person would: single spaces, "an" before a vowel, a capital after a full stop."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" (?=[,.!])", "", text)
    text = BEFORE_VOWEL.sub("an ", text)
    return re.sub(r"(?:^|(?<=[.!] ))[a-z]", lambda start: start[0].upper(), text)


def normalised(text: str) -> str:
    """Reduce a sentence to its words, so that ones that differ only in dress count as the same."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def sentences(seed: int) -> Iterator[Labelled]:
    """Grow sentences without end, positive and negative in turn."""
    rng = random.Random(seed)
    while True:
        for label in (1, 0):
            text = _grow("sentence", rng.choice(domains()), label, rng)
            text = _tidy(_shorten(text, rng))
            if len(text.split()) <= MAX_WORDS:
                yield Labelled(label, text)


def generate(count: int, seed: int, avoid: Collection[str] = ()) -> list[Labelled]:
    """Collect different sentences, none of which has the words of one in `avoid` (the test set)."""
    seen = {normalised(text) for text in avoid}
    kept: list[Labelled] = []
    for sentence in sentences(seed):
        if len(kept) == count:
            break
        key = normalised(sentence.text)
        if key not in seen:
            seen.add(key)
            kept.append(sentence)
    return kept
