"""The likeliest letter of each frame -> text, by connectionist temporal classification (CTC).

The same text and times as transformers' ``Wav2Vec2CTCTokenizer`` (5.23): runs of a letter are one, the blank
goes, and one token stands for the space between words.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Unsupported
from inference.engines.text.tokenizer import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FILES = ("vocab.json", "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json")
TOKENIZER = "Wav2Vec2CTCTokenizer"
DELIMITER = "|"
"""The token between two words. The library (5.23) writes another one as it stands, whatever the files say."""
SPACES = (
    *((" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'")),
    *((" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")),
)
"""What the library closes up where a tokenizer's config asks for it."""


@dataclass(frozen=True)
class Letter:
    """One token of the text, and the frames that it was heard in: from ``start`` to before ``end``."""

    text: str
    start: int
    end: int


class CtcVocabulary:
    """The letters of a speech model, read from its tokenizer's files."""

    def __init__(self, folder: Path) -> None:
        config = read_json(folder / "special_tokens_map.json") | read_json(folder / "tokenizer_config.json")
        if config.get("tokenizer_class", TOKENIZER) not in (TOKENIZER, "Wav2Vec2Tokenizer", None):
            raise Unsupported(f"its tokenizer is no {TOKENIZER}")
        ids = read_json(folder / "vocab.json") | read_json(folder / "added_tokens.json")
        if not ids or not all(isinstance(index, int) for index in ids.values()):
            raise Unsupported("its vocab.json does not name one letter for each output")
        self._letters = {index: letter for letter, index in ids.items()}
        self._unknown = _content(config.get("unk_token", "<unk>"))
        self._blank = _content(config.get("pad_token", "<pad>"))
        if self._blank not in ids:
            raise Unsupported("its vocabulary has no token for a frame without a letter")
        if _content(config.get("word_delimiter_token", DELIMITER)) != DELIMITER:
            raise Unsupported(f"its words are not told apart by {DELIMITER}")
        self._space = _content(config.get("replace_word_delimiter_char", " "))
        self._is_lower = bool(config.get("do_lower_case"))
        self._closes_up = bool(config.get("clean_up_tokenization_spaces"))
        self.blank_id: int = ids[self._blank]

    def letters(self, ids: Sequence[int]) -> list[Letter]:
        """The best token of each frame -> what was said, in order."""
        found, at = [], 0
        for token, run in groupby(self._letters.get(index, self._unknown) for index in ids):
            end = at + sum(1 for _ in run)
            if token != self._blank:
                found.append(Letter(self._space if token == DELIMITER else token, at, end))
            at = end
        return found

    def text(self, letters: Sequence[Letter]) -> str:
        """What was said, written as the model's tokenizer does."""
        text = "".join(letter.text for letter in letters).strip()
        text = text.lower() if self._is_lower else text
        for spaced, closed in SPACES if self._closes_up else ():
            text = text.replace(spaced, closed)
        return text

    def words(self, letters: Sequence[Letter]) -> Iterator[Letter]:
        """The words between spaces, each with the frames of its letters."""
        for is_space, run in groupby(letters, lambda letter: letter.text == self._space):
            if not is_space:
                word = list(run)
                yield Letter("".join(letter.text for letter in word), word[0].start, word[-1].end)


def _content(token: Any) -> str:
    """A special token, however the file writes it."""
    return str(token["content"] if isinstance(token, dict) else token)
