"""Texts with labels that fit and labels that do not, to train the demo zero-shot classifier.

They come from the lists of this project, from reviews, questions to a bank, and a dictionary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from local.demo.corpus.labelled import emotions, read_list, split
from local.demo.corpus.wordnet import first_clause

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from local.demo.corpus.public import Question
    from local.demo.corpus.wordnet import Entry
    from local.demo.everyday import Labelled

WRONG = 2
"""Labels of a text that do not fit it."""
FEWEST_WORDS = 4
OPINIONS = (
    ("negative", "bad", "criticism", "disappointed", "a bad review", "complaint"),
    ("positive", "good", "praise", "enthusiastic", "a good review", "satisfied"),
)


class Sorted(NamedTuple):
    """A text, a label that fits, and labels that do not."""

    text: str
    right: str
    wrong: list[str]


class Topic(NamedTuple):
    """Texts of one topic."""

    labels: list[str]
    near: list[str]
    """Labels that fit some of the texts."""
    texts: list[str]


def topics() -> list[Topic]:
    """The topics of ``topics.toml``, and the emotions, which are topics too."""
    found = [Topic(*(split(each[name]) for name in Topic._fields)) for each in read_list("topics")["topic"]]
    by_label: dict[str, list[str]] = {}
    for row in emotions("train"):
        by_label.setdefault(row.label, []).append(row.text)
    feelings = [Topic([label], list(by_label), texts) for label, texts in by_label.items()]
    return found + feelings


def of_topics(rng: random.Random) -> Callable[[], Sorted]:
    """A text of a topic, with labels of others."""
    every = topics()

    def make() -> Sorted:
        topic = rng.choice(every)
        others = [
            label
            for each in every
            if not set(each.labels) & {*topic.near, *topic.labels}
            for label in each.labels
            if label not in topic.near
        ]
        return Sorted(rng.choice(topic.texts), rng.choice(topic.labels), rng.sample(others, WRONG))

    return make


def of_opinions(rng: random.Random, rows: Sequence[Labelled]) -> Callable[[], Sorted]:
    """A sentence that is for or against something, with one label of the other kind."""

    def make() -> Sorted:
        row = rng.choice(rows)
        at = rng.randrange(len(OPINIONS[0]))
        wrong = [OPINIONS[1 - row.label][at], rng.choice(OPINIONS[1 - row.label])]
        return Sorted(row.text, OPINIONS[row.label][at], wrong)

    return make


def of_bank(rng: random.Random, questions: Sequence[Question]) -> Callable[[], Sorted]:
    """A question to a bank, with its intent and others."""
    intents = sorted({each.intent for each in questions})

    def make() -> Sorted:
        question = rng.choice(questions)
        others = [intent for intent in intents if intent != question.intent]
        return Sorted(question.text, question.intent, rng.sample(others, WRONG))

    return make


def of_dictionary(rng: random.Random, entries: dict[str, Entry]) -> Callable[[], Sorted]:
    """A definition with its word, or with a more general one; words of other entries are wrong."""
    nouns = [each for each in entries.values() if each.kind == "noun" and not each.words[0][:1].isupper()]
    known = [each for each in nouns if len(first_clause(each.gloss).split()) >= FEWEST_WORDS]
    by_topic = [each for each in entries.values() if any(topic in entries for topic in each.topics)]

    def make() -> Sorted:
        entry = rng.choice(by_topic if rng.random() < TOPICAL else known)
        if entry.topics:
            right = entries[rng.choice(entry.topics)].words[0]
            wrong = [entries[rng.choice(rng.choice(by_topic).topics)].words[0] for _ in range(WRONG)]
        else:
            right = rng.choice(entry.words)
            wrong = [rng.choice(rng.choice(known).words) for _ in range(WRONG)]
        text = first_clause(rng.choice([entry.gloss, *entry.examples[:1]]) or entry.gloss)
        return Sorted(text, right, [label for label in wrong if label != right])

    return make


TOPICAL = 0.5
"""Share of dictionary entries that have a field: "baseball", "law", "cooking"."""
