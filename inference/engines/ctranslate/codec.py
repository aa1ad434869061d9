"""Text <-> token ids, as transformers' tokenizer of the same repository does it, without transformers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inference.engines.ctranslate.config import TextFacts

# What transformers' ``clean_up_tokenization`` replaces, in its order.
CLEAN_UP = (" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're")


class Codec(Protocol):
    """Special tokens are the engine's business: ``encode`` adds none, ``decode`` shows none."""

    def encode(self, text: str) -> list[int]: ...

    def decode(self, ids: Sequence[int]) -> str: ...


class JsonCodec:
    """The repository's fast tokenizer, or the one that transformers made from its SentencePiece model."""

    def __init__(self, folder: Path, clean_up: bool) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()  # a repository's file may carry both
        self._tokenizer.no_padding()
        self._clean_up = clean_up

    def encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def id_of(self, token: str) -> int | None:
        """Of a special token by its name."""
        index: int | None = self._tokenizer.token_to_id(token)
        return index

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(list(ids), skip_special_tokens=True)
        return clean_up(text) if self._clean_up else text


class SentencePieceCodec:
    """Marian and M2M100, whose pieces are numbered by a ``vocab.json`` of its own.

    transformers itself runs SentencePiece for these two, so the same library on the same model file gives the
    same ids by construction; a rebuilt ``tokenizer.json`` would have to imitate it.
    """

    def __init__(self, folder: Path, facts: TextFacts) -> None:
        from sentencepiece import SentencePieceProcessor

        self._pieces: Any = SentencePieceProcessor(model_file=str(folder / "source.spm"))
        self._ids: dict[str, int] = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self._names = {index: piece for piece, index in self._ids.items()}
        self._unknown = self._ids["<unk>"] if facts.unknown is None else facts.unknown
        self._hidden = frozenset(facts.specials) | frozenset(facts.languages.values())
        self._has_codes = facts.codec == "marian"

    def encode(self, text: str) -> list[int]:
        code, text = self._split_code(text) if self._has_codes else ([], text)
        pieces = code + self._pieces.encode(text, out_type=str)
        return [self._ids.get(piece, self._unknown) for piece in pieces]

    def decode(self, ids: Sequence[int]) -> str:
        pieces = [self._names[index] for index in ids if index not in self._hidden and index in self._names]
        text: str = self._pieces.decode_pieces(pieces)
        return text.replace("\u2581", " ").strip() if self._has_codes else text.strip()

    @staticmethod
    def _split_code(text: str) -> tuple[list[str], str]:
        """``>>fra<< Hello`` -> the code of a multilingual Marian model, and the rest."""
        end = text.find("<<") if text.startswith(">>") else -1
        return ([text[: end + 2]], text[end + 2 :]) if end != -1 else ([], text)


def load_codec(folder: Path, facts: TextFacts) -> Codec:
    return JsonCodec(folder, facts.clean_up) if facts.codec == "json" else SentencePieceCodec(folder, facts)


def clean_up(text: str) -> str:
    """Undo the spaces that word-level tokenizers put before punctuation."""
    for spaced in CLEAN_UP:
        text = text.replace(spaced, spaced.strip())
    return text
