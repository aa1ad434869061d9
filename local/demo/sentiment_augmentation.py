"""More sentences for the teacher to judge: it can label anything, so the student reads a lot."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from torch.nn import functional

from local.demo.sentiment_teacher import lone_vectors
from local.demo.sentiment_tokenizer import common_words
from local.demo.sentiment_training import SEED

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.demo.sentiment_teacher import Teacher

NEIGHBOURS = 12
SWAPPED = 0.3
WORDS = 9000
GRAMMAR = 250  # the first words of BERT's vocabulary are mostly "the", "not", "but": never swapped
CLAUSE = re.compile(r"(?:,|;|--|\.\.\.| but | and | though | because )\s*")

Neighbours = dict[str, list[str]]
Counts = tuple[int, int, int, int]


def neighbours(teacher: Teacher) -> Neighbours:
    """Find for each common word the ones that the teacher takes for its like: "towels" for "sheets"."""
    words = common_words(teacher.tokenizer)[:WORDS]
    vectors = lone_vectors(teacher, words)
    vectors = functional.normalize(vectors - vectors.mean(0), dim=-1)
    found: Neighbours = {}
    for start in range(GRAMMAR, len(words), 1000):
        closest = (vectors[start : start + 1000] @ vectors.T).topk(NEIGHBOURS + 1).indices.tolist()
        for offset, row in enumerate(closest):
            own = start + offset
            found[words[own]] = [words[near] for near in row if near != own and near >= GRAMMAR]
    return found


def swap(text: str, near: Neighbours, rng: random.Random) -> str:
    """Exchange some words for like ones; whether the sentence is still praise is for the teacher to say."""

    def exchange(match: re.Match[str]) -> str:
        word = match[0].lower()
        return rng.choice(near[word]) if near.get(word) and rng.random() < SWAPPED else match[0]

    return re.sub(r"[A-Za-z]+(?!['\u2019\w])", exchange, text)


def clauses(text: str) -> list[str]:
    """Part a review where its author drew breath, since visitors write shorter than critics."""
    return [part.strip(" .") for part in CLAUSE.split(text) if 3 <= len(part.split()) <= 20]


def splice(texts: list[str], rng: random.Random) -> str:
    """Join a clause of one text to a clause of another."""
    first, second = (rng.choice(clauses(text) or [text]) for text in rng.sample(texts, 2))
    return f"{first}{rng.choice((', but ', ', and ', '. ', ', ', ' - '))}{second}."


def collect(make: Callable[[], str], count: int, seen: set[str]) -> list[str]:
    """Make texts until there are enough different ones."""
    found: list[str] = []
    while len(found) < count:
        text = make()
        if text not in seen:
            seen.add(text)
            found.append(text)
    return found


def augment(reviews: list[str], everyday: list[str], near: Neighbours, counts: Counts) -> list[str]:
    """Make the unlabelled texts: clauses, splices, and both kinds of sentence with words exchanged."""
    rng = random.Random(SEED)
    seen = {*reviews, *everyday}
    parts = [part for text in reviews for part in clauses(text)]
    makers: tuple[Callable[[], str], ...] = (
        lambda: rng.choice(parts),
        lambda: splice(reviews, rng),
        lambda: swap(rng.choice(reviews), near, rng),
        lambda: swap(rng.choice(everyday), near, rng),
    )
    return [text for make, count in zip(makers, counts, strict=True) for text in collect(make, count, seen)]
