"""Words of a text and their times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from inference.engines.ctranslate.words import split, timed


class Bytes:
    """A tokenizer with an id for each byte."""

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def decode(self, ids: Any) -> str:
        return bytes(ids).decode(errors="replace")


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        (" Hello, world!", "en", [" Hello,", " world!"]),
        (' He said "no".', "en", [" He", " said", ' "no".']),
        (" größer als 5 %", "de", [" größer", " als", " 5", " %"]),
        ("今日は。", "ja", ["今", "日", "は。"]),
    ],
)
def test_words_carry_their_punctuation(text: str, language: str, words: list[str]) -> None:
    codec = Bytes()
    found = split(codec, codec.encode(text), language)
    assert [word for word, _ in found] == words
    assert sum(count for _, count in found) == len(text.encode())


@dataclass
class Aligned:
    alignments: list[tuple[int, int]]


class Model:
    """Pairs each token with a moment of its own, as the real one does."""

    def align(self, encoded: Any, start: list[int], texts: list[list[int]], frames: int) -> list[Aligned]:
        return [Aligned([(token, 10 * token + step) for token in range(4) for step in range(10)])]


def test_a_word_lasts_until_the_next_one_begins() -> None:
    found = timed(Model(), None, [1], [(" a", 1), (" bc", 2)], [5, 6, 7], 100)
    assert [(word.text, round(word.start, 2), round(word.end, 2)) for word in found] == [
        (" a", 0.0, 0.2),
        (" bc", 0.2, 0.6),
    ]
    assert timed(Model(), None, [1], [], [], 100) == []
