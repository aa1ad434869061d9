"""Tokens as an engine makes them -> pieces of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.engines.engine import Piece, Pieces

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from inference.engines.text.detokenizer import TextStream
    from inference.engines.text.token_scores import TokenScore


def pieces_of(
    tokens: Iterable[tuple[int, TokenScore | None]], text: TextStream, ends: Collection[int], room: int
) -> Pieces:
    """A piece a token, of at most ``room``; each token is asked for when its piece is.

    The last piece says how it ended: in one of ``ends``, by a stop string, by itself, or for its length.
    """
    made = 0
    for token_id, score in tokens:
        made += 1
        if token_id in ends:
            yield Piece(text.finish(), token_id, "stop", is_end=True)
            return
        new = text.add(token_id)
        if text.stopped:
            yield Piece(new, token_id, "stop", score=score)
            return
        if made == room:
            yield Piece(new + text.finish(), token_id, "stop" if text.stopped else "length", score=score)
            return
        yield Piece(new, token_id, score=score)
    yield Piece(text.finish(), None, "stop" if made < room else "length", 0, is_end=made < room)
