"""The tokenizer of proteins (ESM) as ``tokenizer.json``: transformers has it in Python only."""

from __future__ import annotations

import re
from typing import Any


def reads_proteins(tokenizer: Any) -> bool:
    """Whether it is the one that this file can write down."""
    return type(tokenizer).__name__ == "EsmTokenizer"


def written_down(tokenizer: Any) -> Any:
    """The same tokens by the tokenizers library.

    Every token of the vocabulary is found wherever it stands, the longest first. What is left between two
    tokens and spaces is one unknown token.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers, processors

    vocabulary: dict[str, int] = tokenizer.get_vocab()
    longest_first = sorted(vocabulary, key=len, reverse=True)
    pattern = "|".join(re.escape(token) for token in longest_first)
    made = Tokenizer(models.WordLevel(vocabulary, unk_token=tokenizer.unk_token))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(pattern), "isolated")]
    )
    before, after = tokenizer.cls_token, tokenizer.eos_token
    made.post_processor = processors.TemplateProcessing(
        single=f"{before} $A {after}",
        pair=f"{before} $A {after} $B {after}",
        special_tokens=[(token, vocabulary[token]) for token in (before, after)],
    )
    roles = tokenizer.special_tokens_map.values()
    made.add_special_tokens([AddedToken(token, special=True) for token in roles if isinstance(token, str)])
    return made
