"""Long texts in parts: nothing lost, nothing over the limit, sentences whole where they fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.engines.text.chunks import chunks


def encode(text: str) -> list[int]:
    """A token a character, blanks aside."""
    return [ord(character) for character in text if not character.isspace()]


def test_sentences_stay_whole_and_fill_the_parts() -> None:
    parts = chunks("One two. Three! Four five six? Seven.", 14, encode)
    assert ["".join(map(chr, ids)) for ids in parts] == ["Onetwo.Three!", "Fourfivesix?", "Seven."]


@given(st.text(max_size=300), st.integers(1, 20))
def test_every_token_comes_once_and_in_order(text: str, room: int) -> None:
    parts = chunks(text, room, encode)
    assert all(1 <= len(ids) <= room for ids in parts)
    assert [token for ids in parts for token in ids] == encode(text)


def test_what_makes_no_tokens_is_not_read_again_and_again() -> None:
    """As of a tokenizer that drops control characters: nothing fills a part."""
    read = 0

    def encode_letters(text: str) -> list[int]:
        nonlocal read
        read += len(text)
        return [ord(character) for character in text if character.isalpha()]

    for text in ("\1. " * 5000, ("\1" * 40 + "a. ") * 500):
        read = 0
        parts = chunks(text, 1000, encode_letters)
        assert sum(len(ids) for ids in parts) == text.count("a")
        assert read <= 2.5 * len(text)


def test_sentences_that_have_more_tokens_together_still_end_parts() -> None:
    """The blank between them is a token here."""
    parts = chunks("a. b. c. d. e.", 11, lambda text: list(map(ord, text)))
    assert ["".join(map(chr, ids)) for ids in parts] == ["a. b.", "c. d. e."]


def test_a_prefix_stands_before_each_part_and_is_counted_once_in_it() -> None:
    parts = chunks("One two. Three! Four five six? Seven.", 16, encode, prefix="p: ")
    assert ["".join(map(chr, ids)) for ids in parts] == ["p:Onetwo.Three!", "p:Fourfivesix?", "p:Seven."]
    assert chunks(" . \n", 16, lambda text: encode(text.replace(".", "")), prefix="p: ") == []
