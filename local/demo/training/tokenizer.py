"""The demo model's tokenizer: a lower-case WordPiece with a part of the teacher's vocabulary.

The student's word vectors come from the teacher, so every token must be in the teacher's vocabulary. The
student gets the words of the training text and the most common others.
"""

from __future__ import annotations

import json
import string
from collections import Counter
from typing import TYPE_CHECKING

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

if TYPE_CHECKING:
    from pathlib import Path

VOCABULARY = 8000
POSITIONS = 128
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MASK = SPECIAL.index("[MASK]")
LEAST_OFTEN = 3
SINGLE = [*string.ascii_lowercase, *string.digits, *string.punctuation]


def common_words(base: Tokenizer) -> list[str]:
    """The whole words of the teacher's vocabulary, the most frequent first, as BERT numbers them."""
    vocabulary = base.get_vocab()
    words = [word for word in vocabulary if word.isascii() and word.isalpha() and len(word) > 1]
    return sorted(words, key=vocabulary.__getitem__)


def choose_vocabulary(texts: list[str], base: Tokenizer) -> list[str]:
    """Choose single characters first, then tokens of the training texts, then common words."""
    known = base.get_vocab()
    counts = Counter(token for coded in base.encode_batch(texts) for token in coded.tokens)
    used = sorted((token for token in counts if counts[token] >= LEAST_OFTEN), key=lambda t: (-counts[t], t))
    letters = SINGLE + [f"##{letter}" for letter in SINGLE]
    wanted = [*SPECIAL, *(letter for letter in letters if letter in known), *used, *common_words(base)]
    return list(dict.fromkeys(wanted))[:VOCABULARY]


def build_tokenizer(vocabulary: list[str]) -> Tokenizer:
    """Make the tokenizer. It replaces typographic apostrophes, since phones type "don\u2019t"."""
    entries = {token: index for index, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(entries, unk_token="[UNK]"))
    plain_quotes = normalizers.Replace("\u2019", "'")
    tokenizer.normalizer = normalizers.Sequence([plain_quotes, normalizers.BertNormalizer(lowercase=True)])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    add_ends(tokenizer)
    return tokenizer


def add_ends(tokenizer: Tokenizer) -> None:
    """Set the template that adds [CLS] and [SEP]; a new WordPiece has none."""
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, SPECIAL.index(token)) for token in ("[CLS]", "[SEP]")],
    )


def save_tokenizer(tokenizer: Tokenizer, out: Path) -> None:
    """Write the files that AutoTokenizer reads, with the model's length limit."""
    names = {f"{name[1:-1].lower()}_token": name for name in SPECIAL}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=POSITIONS, padding_side="right", **names
    )
    fast.save_pretrained(out)
    use_portable_name(out / "tokenizer_config.json")


def use_portable_name(config: Path) -> None:
    """Write a class name that every transformers release knows; version 5 writes one that only it knows."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    config.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Token ids of sentences, truncated to the model's positions."""
    tokenizer.enable_truncation(POSITIONS)
    coded = [each.ids for each in tokenizer.encode_batch(texts)]
    tokenizer.no_truncation()
    return coded
