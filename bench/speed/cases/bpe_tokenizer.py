"""A byte-level BPE tokenizer as large as a real one, with made-up merges and the words of the benchmark.

Loading a tokenizer is part of a cold start. It takes longer with more tokens and merges, so there are as many
as in the real one.
"""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING, Any

from bench.speed.cases.words import WORDS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPACE = "Ġ"
MAX_TOKEN_CHARS = 12
SEED = 0


def make_bpe(size: int, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Tokenizer:
    """A tokenizer of ``size`` tokens, special ones included. Every word in ``WORDS`` is one token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    known = {token: index for index, token in enumerate((*before, *alphabet))}
    merges = _word_merges(known) + _made_up_merges(known, size - len(known) - len(after))
    # Without ignore_merges, a word that is a token could be split by the made-up merges.
    tokenizer = Tokenizer(models.BPE(known, merges, ignore_merges=True))
    splitter: Any = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([*before, *after])
    return tokenizer


def _word_merges(known: dict[str, int]) -> list[tuple[str, str]]:
    """Merges that build each word letter by letter, then put a space in front."""
    merges = []
    for word in WORDS:
        steps = [(word[:end], word[end]) for end in range(1, len(word))]
        for left, right in (*steps, (SPACE, word)):
            if left + right not in known:
                known[left + right] = len(known)
                merges.append((left, right))
    return merges


def _made_up_merges(known: dict[str, int], count: int) -> list[tuple[str, str]]:
    """Random merges of known tokens; plain letters only, so that generated text is readable."""
    rng = random.Random(SEED)
    parts = [*string.ascii_letters, SPACE]
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        left, right = rng.choice(parts), rng.choice(string.ascii_letters)
        merged = left + right
        if len(merged) <= MAX_TOKEN_CHARS and merged not in known:
            known[merged] = len(known)
            parts.append(merged)
            merges.append((left, right))
    return merges
