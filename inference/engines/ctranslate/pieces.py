"""CTranslate2's steps of a greedy or sampled search -> pieces of text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Piece, Pieces
from inference.engines.text import token_pieces
from inference.engines.text.detokenizer import TextStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from inference.engines.ctranslate.codec import Codec

BEAM_SEARCH = ("beam_size", "patience", "length_penalty")
"""Options that a search of one path does not have."""


def step_options(search: Mapping[str, Any]) -> dict[str, Any]:
    """What ``generate_tokens`` takes of a search."""
    return {name: value for name, value in search.items() if name not in BEAM_SEARCH}


def pieces_of(
    steps: Generator[Any, None, None],
    codec: Codec,
    ends: Sequence[int],
    room: int,
    stop: Sequence[str] = (),
) -> Pieces:
    """A piece a step, of at most ``room``; the library is told to stop when nobody asks further."""
    tokens = ((step.token_id, None) for step in steps)
    try:
        yield from token_pieces.pieces_of(tokens, TextStream(codec.decode, stop), ends, room)
    finally:
        steps.close()


def joined(parts: Iterable[Pieces]) -> Pieces:
    """The parts of a long text one after the other, with a blank between, as one answer."""
    held: Piece | None = None
    for part in parts:
        if held:
            yield replace(held, text=f"{held.text} ", finish_reason=None, is_end=False)
        for piece in part:
            if piece.finish_reason:
                held = piece
            else:
                yield piece
    yield held or Piece("", None, "stop", 0, is_end=True)
