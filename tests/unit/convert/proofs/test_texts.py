"""The built-in proof texts: enough of them, all different, short and long."""

from __future__ import annotations

from inference.convert.proofs import texts as proof_texts

TEXTS = proof_texts.read()
WORDS = [len(text.split()) for text in TEXTS]


def test_there_are_enough_and_no_two_alike() -> None:
    assert len(TEXTS) >= 256
    assert len({text.casefold() for text in TEXTS}) == len(TEXTS)


def test_none_is_blank_or_padded() -> None:
    assert all(text and text == text.strip() for text in TEXTS)


def test_lengths_are_spread() -> None:
    assert max(WORDS) >= 300
    assert sum(words <= 5 for words in WORDS) >= 10
    assert 0.10 <= sum(words > 100 for words in WORDS) / len(WORDS) <= 0.20


def test_other_languages_and_emoji_are_among_them() -> None:
    assert sum(any(ord(letter) > 0x0370 for letter in text) for text in TEXTS) >= 12
    assert any("\U0001f300" <= letter <= "\U0001faff" for text in TEXTS for letter in text)
