"""Make unlabelled sentences for the student; the teacher labels them."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from torch.nn import functional

from local.demo.training.loop import SEED
from local.demo.training.teacher import encode_alone
from local.demo.training.tokenizer import common_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.demo.training.teacher import Teacher

NEIGHBOURS = 12
SWAPPED = 0.3
WORDS = 9000
GRAMMAR = 250  # never swapped: the first words of BERT's vocabulary are mostly "the", "not", "but"
CLAUSE = re.compile(r"(?:,|;|--|\.\.\.| but | and | though | because )\s*")

Neighbours = dict[str, list[str]]
Counts = tuple[int, int, int, int]


def find_neighbours(teacher: Teacher) -> Neighbours:
    """For each common word, the words with the most similar vectors: "towels" for "sheets"."""
    words = common_words(teacher.tokenizer)[:WORDS]
    vectors = encode_alone(teacher, words)
    vectors = functional.normalize(vectors - vectors.mean(0), dim=-1)
    found: Neighbours = {}
    for start in range(GRAMMAR, len(words), 1000):
        closest = (vectors[start : start + 1000] @ vectors.T).topk(NEIGHBOURS + 1).indices.tolist()
        for offset, row in enumerate(closest):
            own = start + offset
            found[words[own]] = [words[near] for near in row if near != own and near >= GRAMMAR]
    return found


def swap_words(text: str, near: Neighbours, rng: random.Random) -> str:
    """Swap some words for similar ones. The label may change, so the teacher labels the result."""

    def exchange(match: re.Match[str]) -> str:
        word = match[0].lower()
        return rng.choice(near[word]) if near.get(word) and rng.random() < SWAPPED else match[0]

    return re.sub(r"[A-Za-z]+(?!['\u2019\w])", exchange, text)


def split_clauses(text: str) -> list[str]:
    """Split a review at commas and conjunctions, since visitors write shorter texts than critics."""
    return [part.strip(" .") for part in CLAUSE.split(text) if 3 <= len(part.split()) <= 20]


def splice(texts: list[str], rng: random.Random) -> str:
    """Join a clause of one text with a clause of another."""
    first, second = (rng.choice(split_clauses(text) or [text]) for text in rng.sample(texts, 2))
    return f"{first}{rng.choice((', but ', ', and ', '. ', ', ', ' - '))}{second}."


def collect_unique(make: Callable[[], str], count: int, seen: set[str]) -> list[str]:
    """Make texts until there are ``count`` different ones."""
    found: list[str] = []
    while len(found) < count:
        text = make()
        if text not in seen:
            seen.add(text)
            found.append(text)
    return found


def make_unlabelled_texts(
    reviews: list[str], everyday: list[str], near: Neighbours, counts: Counts
) -> list[str]:
    """The unlabelled texts: clauses, splices, and reviews and everyday sentences with swapped words."""
    rng = random.Random(SEED)
    seen = {*reviews, *everyday}
    parts = [part for text in reviews for part in split_clauses(text)]
    makers: tuple[Callable[[], str], ...] = (
        lambda: rng.choice(parts),
        lambda: splice(reviews, rng),
        lambda: swap_words(rng.choice(reviews), near, rng),
        lambda: swap_words(rng.choice(everyday), near, rng),
    )
    return [
        text for make, count in zip(makers, counts, strict=True) for text in collect_unique(make, count, seen)
    ]
