"""Text -> token ids, with the artifact's ``tokenizer.json``; neither torch nor transformers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

LONGEST = 1_000_000
"""Tokenizer configs write an absurd number where a model has no limit of its own."""

VOCABULARIES = (
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
)
"""Files that a tokenizer can be made from; conversion makes ``tokenizer.json`` of any that it can."""


@dataclass(frozen=True)
class Encoded:
    """A text, or a pair of texts, as a model reads it."""

    inputs: dict[str, NDArray[np.int64]]
    """``input_ids``, ``attention_mask`` and ``token_type_ids``, each of shape (1, tokens)."""
    tokens: int
    """After the cut, special tokens included."""
    was_cut: bool
    """Whether tokens were lost."""


class TextTokenizer:
    """Tokenizes one text at a time, or a pair of texts, cut to the model's window."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        if not (folder / "tokenizer.json").exists():
            raise Unsupported("no tokenizer.json could be made of its files")
        self.raw = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.raw.no_padding()
        self.raw.no_truncation()
        self.config = read_json(folder / "special_tokens_map.json") | read_json(
            folder / "tokenizer_config.json"
        )
        self.max_tokens = window(read_json(folder / "config.json"), self.config)
        self._has_types = "token_type_ids" in self.config.get("model_input_names", ["token_type_ids"])

    def encode(
        self,
        text: str,
        pair: str | None = None,
        cut: str = "longest_first",
        side: str | None = None,
        max_tokens: int | None = None,
    ) -> Encoded:
        """A model's inputs for a text or a pair, cut to ``max_tokens``, or to the model's window.

        ``cut`` says which part gives way where both do not fit: ``longest_first``, ``only_first`` or
        ``only_second``; ``side`` which end of it, where that is not the tokenizer's own choice. Raises
        ``ValueError`` where the part that stays leaves no room for the other.
        """
        side = side or self.config.get("truncation_side") or "right"
        whole = {"only_first": pair, "only_second": text}.get(cut)
        if whole is not None and self.room(whole) == 0:
            raise ValueError(f"{len(whole)} characters leave no room in {self.max_tokens} tokens")
        # Cut here: the library also makes what it cuts off, of a pair every part of one with every part of
        # the other. That took 1.7 GB for two texts of 20,000 characters.
        self.raw.no_truncation()
        encoding = self.raw.encode(text, pair)
        inputs, tokens = self.arrays(encoding), len(encoding)
        limit = max_tokens or self.max_tokens
        if limit is None or tokens <= limit:
            return Encoded(inputs, tokens, was_cut=False)
        kept = kept_positions(encoding.sequence_ids, limit, cut, side)
        inputs = {name: values[:, kept] for name, values in inputs.items()}
        return Encoded(inputs, len(kept), was_cut=True)

    def encodings(self, text: str, pair: str | None, max_tokens: int | None, **truncation: Any) -> list[Any]:
        """The tokenizers library's encoding of what fits, and after it of what does not."""
        if max_tokens is None:
            self.raw.no_truncation()
        else:
            self.raw.enable_truncation(max_tokens, **truncation)
        encoding = self.raw.encode(text, pair)
        return [encoding, *encoding.overflowing]

    def arrays(self, encoding: Any) -> dict[str, NDArray[np.int64]]:
        """A model's inputs; segment numbers are zero where the repository's tokenizer does not give them."""
        import numpy as np

        types = encoding.type_ids if self._has_types else [0] * len(encoding.ids)
        return {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([types], dtype=np.int64),
        }

    def room(self, other: str | None = None, max_tokens: int | None = None) -> int:
        """How many tokens of a text fit: alone, or in a pair with another that stays whole; not below 0."""
        limit = max_tokens or self.max_tokens or LONGEST
        added = self.raw.num_special_tokens_to_add(is_pair=other is not None)
        return max(0, limit - added - len(self.tokens(other or "")))

    def tokens(self, text: str) -> list[tuple[int, int]]:
        """Where each token stands in the text, in characters; special tokens left out, nothing cut."""
        self.raw.no_truncation()
        offsets: list[tuple[int, int]] = self.raw.encode(text, add_special_tokens=False).offsets
        return offsets

    def special_id(self, name: str) -> int | None:
        """The id of a special token by its role (``mask``, ``unk``, ``pad``), where the model has one."""
        token = self.special_token(name)
        return None if token is None else self.raw.token_to_id(token)

    def special_token(self, name: str) -> str | None:
        """A special token by its role."""
        token = self.config.get(f"{name}_token")
        return token["content"] if isinstance(token, dict) else token


def kept_positions(sides: Sequence[int | None], limit: int, cut: str, side: str) -> list[int]:
    """Which tokens of a text or a pair stay, in order: ``limit`` of them, special ones included.

    ``sides`` says of each token which text it is of, and ``None`` of a special one. Of a pair the longer text
    gives way first; an odd token is the second's, or the first's where that is the longer (tokenizers 0.22,
    ``truncate_encodings``).
    """
    texts = [[at for at, of in enumerate(sides) if of == number] for number in (0, 1)]
    kept = [at for at, of in enumerate(sides) if of is None]
    room = limit - len(kept)
    first, second = map(len, texts)
    if cut == "only_first":
        lengths = (room - second, second)
    elif cut == "only_second":
        lengths = (first, room - first)
    else:
        lengths = _longest_first(first, second, room)
    for at, most in zip(texts, lengths, strict=True):
        kept += at[len(at) - most :] if side == "left" else at[:most]
    return sorted(kept)


def _longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of each text stay."""
    shorter = min(first, second)
    longer = max(shorter, room - shorter)
    if shorter + longer > room:
        shorter, longer = room // 2, room - room // 2
    return (longer, shorter) if first > second else (shorter, longer)


def window(config: dict[str, Any], tokenizer_config: dict[str, Any]) -> int | None:
    """The most tokens that the model takes, or ``None`` where it has no limit."""
    positions = config.get("max_position_embeddings")
    if positions and config.get("model_type") in ("roberta", "camembert", "xlm-roberta", "mpnet"):
        positions -= 2  # these count positions from the padding index on
    limits = [limit for limit in (positions, tokenizer_config.get("model_max_length")) if limit]
    return min((int(limit) for limit in limits if limit < LONGEST), default=None)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, or an empty one where there is no such file."""
    if not path.exists():
        return {}
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value
