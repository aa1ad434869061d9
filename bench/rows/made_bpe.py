"""A byte-level BPE tokenizer of a real one's size, made and not trained: made-up merges, and the rows' words.

Loading a tokenizer is part of a cold start and takes as long as its vocabulary and merges are many, so
these are as many as the real one's.
"""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING, Any

from bench.rows.words import WORDS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPACE = "Ġ"
LONGEST = 12
SEED = 0


def make_bpe(size: int, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Tokenizer:
    """``size`` tokens in all: special ones in front and behind; every word of the rows is one token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    known = {token: index for index, token in enumerate((*before, *alphabet))}
    merges = _word_merges(known) + _made_up_merges(known, size - len(known) - len(after))
    tokenizer = Tokenizer(models.BPE(known, merges, ignore_merges=True))  # a word that is a token stays one
    splitter: Any = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([*before, *after])
    return tokenizer


def _word_merges(known: dict[str, int]) -> list[tuple[str, str]]:
    """Each word grows letter by letter, then gets its space in front."""
    merges = []
    for word in WORDS:
        steps = [(word[:end], word[end]) for end in range(1, len(word))]
        for left, right in (*steps, (SPACE, word)):
            if left + right not in known:
                known[left + right] = len(known)
                merges.append((left, right))
    return merges


def _made_up_merges(known: dict[str, int], count: int) -> list[tuple[str, str]]:
    """Pairs of known tokens, at random, of plain letters so that generated text is text."""
    rng = random.Random(SEED)
    parts = [*string.ascii_letters, SPACE]
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        left, right = rng.choice(parts), rng.choice(string.ascii_letters)
        merged = left + right
        if len(merged) <= LONGEST and merged not in known:
            known[merged] = len(known)
            parts.append(merged)
            merges.append((left, right))
    return merges
