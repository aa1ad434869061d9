"""From a token of a context to the characters of an answer: whole words, and no space around them."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# Scripts without spaces between words: Thai to Tibetan, Burmese, Khmer, Chinese, Japanese; and Korean, whose
# particles are written onto the word. A tokenizer's "word" is a whole clause there.
UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)


def edges(encoding: Any, at: int, text: str, aligns: bool) -> tuple[int, int]:
    """Where a token of a pair's second text starts and ends, or if ``aligns`` the word that it belongs to."""
    if aligns:
        return word_edges(encoding, at, text)
    start, end = encoding.offsets[at]
    return start, end


def past_marks(text: str, end: int) -> int:
    """Where a span ends with the combining marks behind it: a normalizer may drop them, and end before."""
    while end < len(text) and _is_mark(text[end]):
        end += 1
    return end


def word_edges(encoding: Any, at: int, text: str) -> tuple[int, int]:
    """Where the word of a pair's second text that a token belongs to starts and ends, in characters.

    A word is what the tokenizer takes for one, without the punctuation that some leave on it; where words are
    not told apart by spaces, the token alone. A letter keeps its combining marks, which some normalize away.
    """
    start, end = encoding.offsets[at]
    word = encoding.token_to_word(at)
    first, last = (word is not None and encoding.word_to_chars(word, 1)) or (start, end)
    while start > first and (_is_of_word(text[start - 1]) or _is_mark(text[start])):
        start -= 1
    while end < len(text) and (_is_mark(text[end]) or (end < last and _is_of_word(text[end]))):
        end += 1
    return start, end


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the spaces at its ends."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _is_of_word(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] not in "PZ" and kind != "Cc" and not UNSPACED.match(character)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"
