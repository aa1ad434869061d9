"""Articles and the gist of their first sentence, for the demo summarizer.

The gist is the first sentence, up to the first word that begins an aside: "after", "because", "which".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

ASIDES = (
    "after",
    "although",
    "as",
    "because",
    "despite",
    "since",
    "so",
    "though",
    "when",
    "which",
    "while",
    "who",
)
FEWEST_WORDS = 6
"""A gist has at least so many words, so that "The man who called" is not cut to nothing."""
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
WHO = [
    "The town council",
    "The mayor",
    "A local school",
    "The museum",
    "The city library",
    "A team of engineers",
    "The new bakery",
    "Our football club",
    "The railway company",
    "The hospital",
    "A group of students",
    "The national park",
    "The village choir",
    "The airline",
    "A small start-up",
    "The fire brigade",
    "The farmers' market",
    "The water company",
    "Researchers in Norway",
    "The film festival",
    "The university",
    "The ferry company",
    "A retired teacher",
    "The tennis champion",
    "The theatre",
]
DID = [
    "opened",
    "closed",
    "announced",
    "repaired",
    "won",
    "presented",
    "bought",
    "sold",
    "rebuilt",
    "tested",
    "praised",
    "cancelled",
    "extended",
    "finished",
    "started",
    "moved",
    "painted",
    "published",
    "discovered",
    "celebrated",
    "lost",
    "found",
    "planned",
    "improved",
    "launched",
]
WHAT = [
    "a new bridge",
    "its oldest building",
    "the annual fair",
    "three electric buses",
    "a garden for children",
    "the main road",
    "a rare painting",
    "its summer concert",
    "the swimming pool",
    "two hundred bicycles",
    "a plan for cheaper rents",
    "the final match",
    "a study of sleep",
    "a better battery",
    "the night train",
    "an exhibition on glass",
    "the old harbour",
    "free lunches for all pupils",
    "a website for tourists",
    "the longest tunnel in the region",
    "a prize for science",
]
WHEN = [
    "on Monday",
    "last week",
    "this morning",
    "in April",
    "on Saturday evening",
    "yesterday",
    "in the spring",
    "for the first time",
    "on Tuesday afternoon",
    "this year",
    "at the weekend",
    "in front of a large crowd",
    "with the help of volunteers",
    "",
]
WHY = [
    "two years of building",
    "a long debate",
    "many people had asked for it",
    "the old one was too small",
    "heavy rain",
    "prices had doubled",
    "visitors waited outside",
    "it was the only choice",
    "a record number of people came",
    "nobody had expected that",
    "the money had run out",
    "three months of work",
    "the first plan had failed",
]


class Article(NamedTuple):
    """A text of several sentences, and the gist of the first."""

    text: str
    gist: str


def gist(text: str) -> str:
    """The first sentence without its aside."""
    first = SENTENCE_END.split(text, maxsplit=1)[0]
    words = first.split(" ")
    for index, word in enumerate(words):
        if index >= FEWEST_WORDS and word.lower() in ASIDES:
            return " ".join(words[:index]).rstrip(",;:-") + "."
    return first


def sentence(rng: random.Random) -> str:
    """A sentence as a local paper might print it."""
    parts = [rng.choice(WHO), rng.choice(DID), rng.choice(WHAT), rng.choice(WHEN)]
    if rng.random() < 0.6:
        comma = "," if rng.random() < 0.3 else ""
        parts[-1] += comma if parts[-1] else ""
        parts += [rng.choice(ASIDES), rng.choice(WHY)]
    return " ".join(part for part in parts if part) + "."


def strange_sentence(words: Sequence[str], rng: random.Random) -> str:
    """Any words in any order: whoever can repeat these can repeat a sentence about anything."""
    chosen = [rng.choice(words) for _ in range(rng.randint(4, 16))]
    chosen = [word.capitalize() if rng.random() < 0.2 else word for word in chosen]
    if rng.random() < 0.4 and len(chosen) > FEWEST_WORDS:
        chosen.insert(rng.randint(FEWEST_WORDS, len(chosen)), rng.choice(ASIDES))
    return " ".join([chosen[0].capitalize(), *chosen[1:]]) + rng.choice("....!?")


def article(corpus: Sequence[str], words: Sequence[str], rng: random.Random) -> Article:
    """One to three sentences: of the paper, of the corpus, or of any words."""
    count = rng.choice((1, 2, 2, 3))
    made = [_any_sentence(corpus, words, rng) for _ in range(count)]
    text = " ".join(made)
    return Article(text, gist(text))


def _any_sentence(corpus: Sequence[str], words: Sequence[str], rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.35:
        return sentence(rng)
    if kind < 0.65:
        return rng.choice(corpus)
    return strange_sentence(words, rng)
