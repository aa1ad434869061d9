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
