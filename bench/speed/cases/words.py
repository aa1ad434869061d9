"""Texts of a known number of tokens: each word is one token in every vocabulary of the cases."""

from __future__ import annotations

from itertools import cycle, islice

_TEXT = (
    "the film was not what i had hoped for and we would go there again with more time some people like this "
    "story of one day in life it is very well made but long all that they said about music good actors new "
    "old first last never always here house water little great big small work place right thing world"
)
WORDS = tuple(_TEXT.split())


def make_text(words: int) -> str:
    """A text of ``words`` words; special tokens are not counted."""
    return " ".join(islice(cycle(WORDS), words))
