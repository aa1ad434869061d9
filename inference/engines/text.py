"""Text -> token ids, with the repository's own ``tokenizer.json``; neither torch nor transformers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

LONGEST = 1_000_000
"""Tokenizer configs write an absurd number where a model has no limit of its own."""


class TextEncoder:
    """Tokenises one text at a time, cut to the model's window."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self.max_tokens = window(
            read_json(folder / "config.json"), read_json(folder / "tokenizer_config.json")
        )
        if self.max_tokens:
            self._tokenizer.enable_truncation(self.max_tokens)

    def encode(self, text: str, pair: str | None = None) -> dict[str, NDArray[np.int64]]:
        """``input_ids``, ``attention_mask`` and ``token_type_ids``, each of shape (1, tokens)."""
        import numpy as np

        encoding = self._tokenizer.encode(text, pair)
        return {
            "input_ids": np.array([encoding.ids], dtype=np.int64),
            "attention_mask": np.array([encoding.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([encoding.type_ids], dtype=np.int64),
        }


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
    value: dict[str, Any] = json.loads(path.read_text())
    return value
