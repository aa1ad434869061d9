"""A text longer than a model's window, as overlapping windows: nothing of it is lost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.text.tokenizer import TextTokenizer


MOST_TOKENS = 512 * 512
"""Of all windows of a text together. Measured, 512 windows of 512 tokens took 68 MB."""
MOST_BYTES = 4
"""Of a character in UTF-8."""


@dataclass(frozen=True)
class Window:
    """A stretch of a text, with the special tokens and, in a pair, the other text around it."""

    encoding: Any
    """The tokenizers library's encoding: ``ids``, ``offsets`` into the text in characters, ..."""
    inputs: dict[str, NDArray[np.int64]]
    """What the model gets; arrays of shape (1, tokens)."""
    positions: range
    """Where in the window the text's own tokens stand."""
    first: int
    """Which token of the whole text the first of them is."""


def split(
    tokenizer: TextTokenizer, text: str, stride: int, before: str | None = None, max_tokens: int | None = None
) -> list[Window]:
    """One window where the text fits, else several that share ``stride`` tokens with their neighbours.

    ``before``: another text that stands whole at the head of every window, like a question. ``stride`` must
    be less than ``tokenizer.room(before, max_tokens)``.
    """
    limit = max_tokens or tokenizer.max_tokens
    if before is None:
        encodings = tokenizer.encodings(text, None, limit, stride=stride)
    else:
        encodings = tokenizer.encodings(before, text, limit, stride=stride, strategy="only_second")
    side = 0 if before is None else 1
    windows: list[Window] = []
    for encoding in encodings:
        sides = encoding.sequence_ids
        start = sides.index(side) if side in sides else 0
        positions = range(start, start + sides.count(side))
        first = windows[-1].first + len(windows[-1].positions) - stride if windows else 0
        windows.append(Window(encoding, tokenizer.arrays(encoding), positions, first))
    return windows


def check_windows(
    tokenizer: TextTokenizer, text: str, window: int, room: int, stride: int, field: str
) -> None:
    """Refuse, at ``field``, a text that would be read far too often, before it is cut into windows.

    ``window`` tokens are read at once, ``room`` of them the text's own, and neighbours share ``stride``.
    """
    most = max(1, MOST_TOKENS // window)

    def windows_of(tokens: int) -> int:
        return 1 + math.ceil(max(0, tokens - room) / (room - stride))

    if windows_of(MOST_BYTES * len(text)) <= most:  # a token has a byte at least: no need to count
        return
    windows = windows_of(len(tokenizer.tokens(text)))
    if windows > most:
        problem = (
            f"{stride} makes {windows:,} windows of this text, and at most {most:,} are read: let them "
            "share fewer tokens"
        )
        raise InvalidField(field, problem)


def clearest(windows: Sequence[Window]) -> NDArray[np.int64]:
    """For every token of the text, the window that sees most around it and its position there.

    Shape (tokens of the text, 2). Each window ends where a neighbour goes on, so that a token near one
    window's edge stands well inside another; only the text's own ends are no edges.
    """
    import numpy as np

    total = windows[-1].first + len(windows[-1].positions)
    seen = np.full(total, -1)
    found = np.zeros((total, 2), dtype=np.int64)
    for number, item in enumerate(windows):
        count = len(item.positions)
        before = np.arange(count) if number else np.full(count, total)
        after = np.arange(count)[::-1] if number < len(windows) - 1 else np.full(count, total)
        around = np.minimum(before, after)
        here = slice(item.first, item.first + count)
        better = around > seen[here]
        seen[here][better] = around[better]
        found[here][better] = np.stack([np.full(count, number), np.array(item.positions)], axis=1)[better]
    return found
