"""Text as it comes is the text at the end, also around tokens that show nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.engines.text.detokenizer import TextStream

PIECES = ["▁Hello", "▁world", "!", "▁", "a", "", "▁▁b"]
"""As Llama 2's tokenizer has them; the empty one is a special token, which is not shown."""


def decode(ids: list[int]) -> str:
    """A text's first space goes, as the sentencepiece decoders do it."""
    return "".join(PIECES[each] for each in ids).replace("▁", " ").removeprefix(" ")


def test_a_token_that_shows_nothing_takes_no_space() -> None:
    stream = TextStream(decode)
    given_out = [stream.add(PIECES.index(piece)) for piece in ("▁Hello", "", "▁world")]
    assert "".join([*given_out, stream.finish()]) == "Hello world"


@given(st.lists(st.integers(0, len(PIECES) - 1), max_size=12))
def test_the_pieces_are_the_whole(ids: list[int]) -> None:
    stream = TextStream(decode)
    pieces = [stream.add(each) for each in ids]
    assert "".join([*pieces, stream.finish()]) == decode(ids)
