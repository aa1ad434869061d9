"""When each word of a text was said, from the attention between Whisper's text and its sound.

CTranslate2's ``align`` pairs tokens with moments by dynamic time warping over the heads that the model's
files name for it. Words are told apart as in the reference implementation (github.com/openai/whisper).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.ctranslate.segments import TIMESTAMP_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.engines.ctranslate.codec import Codec

UNSPACED = ("zh", "ja", "th", "lo", "my", "yue")
"""Languages that put no spaces between words: each character is shown by itself."""
OPENING = "\"'“¿([{-"
CLOSING = "\"'.。,，!！?？:：”)]}、"
BROKEN = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Word:
    """One word with its punctuation and the space before it, and its times in seconds."""

    text: str
    start: float
    end: float


def timed(
    model: Any, encoded: Any, start: list[int], words: Sequence[tuple[str, int]], ids: list[int], frames: int
) -> list[Word]:
    """The ``words``, each with how many of the text's ``ids`` it has; times count from the window's start.

    ``start`` is the prompt without times, ``frames`` how much of the window is sound, in hundredths of 1 s.
    """
    if not ids:
        return []
    [aligned] = model.align(encoded, start, [ids], frames)
    first_at: dict[int, int] = {}
    for token, moment in aligned.alignments:
        first_at.setdefault(token, moment)
    moments = [first_at.get(token, 0) * TIMESTAMP_S for token in range(len(ids) + 1)]
    # The end token comes after the last; where it was paired with nothing, the sound's end is the text's.
    moments[-1] = moments[-1] or frames / 100
    found, begin = [], 0
    for text, count in words:
        found.append(Word(text, moments[begin], max(moments[begin], moments[begin + count])))
        begin += count
    return found


def split(codec: Codec, ids: Sequence[int], language: str) -> list[tuple[str, int]]:
    """Text of each word, and how many ids it has."""
    pieces = _characters(codec, ids)
    if language not in UNSPACED:
        pieces = _joined(pieces, lambda _, piece: not piece.startswith(" "))
    pieces = _joined(
        pieces, lambda _, piece: bool(piece.strip()) and all(c in CLOSING for c in piece.strip())
    )
    return _joined(pieces, lambda word, _: bool(word.strip()) and all(c in OPENING for c in word.strip()))


def _characters(codec: Codec, ids: Sequence[int]) -> list[tuple[str, int]]:
    """Runs of ids that make whole characters: one of them may take several ids."""
    found, begin = [], 0
    for end in range(1, len(ids) + 1):
        text = codec.decode(ids[begin:end])
        if BROKEN not in text or end == len(ids):
            found.append((text, end - begin))
            begin = end
    return found


def _joined(pieces: list[tuple[str, int]], belongs: Any) -> list[tuple[str, int]]:
    """Neighbours as one where the second ``belongs`` to what stands before it."""
    found: list[tuple[str, int]] = []
    for text, count in pieces:
        if found and belongs(found[-1][0], text):
            before, already = found.pop()
            text, count = before + text, already + count
        found.append((text, count))
    return found
