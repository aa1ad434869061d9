"""Token classification: text in, named spans of it out, as transformers' own pipeline gives them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Outcome
from inference.engines.onnx.answer_text import past_marks
from inference.engines.onnx.classifier import label_names
from inference.engines.onnx.head import Head
from inference.engines.onnx.spans import Token, entities, without_overlaps, words
from inference.engines.onnx.windows import check_windows, clearest, split
from inference.engines.softmax import softmax
from inference.engines.text.tokenizer import LONGEST, TextTokenizer, read_json
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.head import Forward
    from inference.engines.onnx.windows import Window
    from inference.task import Call

SHARED_TOKENS = 128
"""How far the windows of a long text overlap where the caller does not say; at most a quarter of a window."""
IGNORED = ("O",)
CHARS_AT_ONCE = 50_000
"""Of the texts that are run together, so that a long list holds few tokens in memory."""


@dataclass(frozen=True)
class TextReading:
    """What the model said about a text."""

    windows: list[list[Token]]
    """The tokens of each window; one window where the text fits."""
    tokens: list[Token]
    """The tokens of the text, each once: as the window has it that sees most around it."""
    tokens_read: int
    """Special tokens included; tokens that windows share count in each."""


class TokenClassification(Head):
    """Entities of a text; long texts are read window by window, and nothing of them is cut."""

    AUTO_CLASS = "AutoModelForTokenClassification"
    OUTPUTS = ("logits",)

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        self.labels = label_names(read_json(folder / "config.json"))
        self._tokenizer = TextTokenizer(folder)
        self._unknown = self._tokenizer.special_id("unk")

    def run(self, call: Call) -> Outcome:
        """For each input its entities, in the order of the text.

        ``[{"entity_group": str, "score": float, "word": str, "start": int, "end": int}, ...]`` with ``start``
        and ``end`` in characters; by the strategy ``none`` its tokens, with ``entity`` and ``index`` instead.
        """
        strategy = call.parameters.get("aggregation_strategy") or "simple"
        ignored = call.parameters.get("ignore_labels")
        ignored = IGNORED if ignored is None else ignored
        results: list[list[dict[str, Any]]] = []
        tokens = 0
        for texts in grouped(call.inputs, CHARS_AT_ONCE):
            readings = self.read_all(texts, call.parameters.get("stride"))
            for text, reading in zip(texts, readings, strict=True):
                results.append(with_marks(text, self.entities(reading, strategy, ignored)))
            tokens += sum(reading.tokens_read for reading in readings)
        return Outcome(results, tokens=tokens)

    def read(self, text: str, stride: int | None = None) -> TextReading:
        """Score every token; the windows of a long text share ``stride`` tokens."""
        return self.read_all([text], stride)[0]

    def read_all(self, texts: Sequence[str], stride: int | None = None) -> list[TextReading]:
        """As :meth:`read`; the windows of all texts are run together."""
        room = self._tokenizer.room()
        if stride is not None and stride >= room:
            problem = f"must be less than {room}, the number of tokens that this model reads at once"
            raise InvalidField("parameters.stride", problem)
        shared = min(SHARED_TOKENS, room // 4) if stride is None else stride
        window = self._tokenizer.max_tokens or LONGEST
        for text in texts:
            check_windows(self._tokenizer, text, window, room, shared, "parameters.stride")
        texts_of: list[str] = []
        windows_of = [split(self._tokenizer, text, shared) for text in texts]
        windows = [window for of_text in windows_of for window in of_text]
        for text, of_text in zip(texts, windows_of, strict=True):
            texts_of += [text] * len(of_text)
        read = iter(
            self._forward_all(
                [window.inputs for window in windows],
                lambda at, outputs: self._tokens(texts_of[at], windows[at], softmax(outputs[0][0])),
            )
        )
        return [self._reading(of_text, list(islice(read, len(of_text)))) for of_text in windows_of]

    def _reading(self, windows: list[Window], read: list[list[Token]]) -> TextReading:
        starts = [window.positions.start for window in windows]
        return TextReading(
            read,
            [read[number][at - starts[number]] for number, at in clearest(windows)],
            tokens_read=sum(len(window.encoding) for window in windows),
        )

    def entities(self, reading: TextReading, strategy: str, ignored: Collection[str]) -> list[dict[str, Any]]:
        """Entities, or single tokens, whose label is not ignored."""
        if strategy == "none":
            alone = [self._alone(token) for token in reading.tokens]
            return [entry for entry in alone if entry["entity"] not in ignored]
        found: list[dict[str, Any]] = []
        for tokens in reading.windows:
            whole = tokens if strategy == "simple" else words(tokens, strategy, self._join)
            found += entities(whole, self.labels, self._join)
        found = [entry for entry in found if entry["entity_group"] not in ignored]
        return without_overlaps(found) if len(reading.windows) > 1 else found

    def _alone(self, token: Token) -> dict[str, Any]:
        best = int(token.scores.argmax())
        return {
            "entity": self.labels[best],
            "score": float(token.scores[best]),
            "index": token.index,
            "word": token.word,
            "start": token.start,
            "end": token.end,
        }

    def _tokens(self, text: str, window: Window, scores: NDArray[np.float64]) -> list[Token]:
        encoding = window.encoding
        ids, names, offsets = encoding.ids, encoding.tokens, encoding.offsets
        tokens = []
        for at in window.positions:
            start, end = offsets[at]
            is_unknown = ids[at] == self._unknown
            word = text[start:end] if is_unknown else names[at]
            is_inside = not is_unknown and self._is_inside(text, start, end, word)
            tokens.append(Token(word, scores[at], start, end, window.first + at, is_inside))
        return tokens

    def _is_inside(self, text: str, start: int, end: int, word: str) -> bool:
        """Whether a token goes on a word: by the tokenizer's own mark ("##ing"), else by spaces."""
        if getattr(self._tokenizer.raw.model, "continuing_subword_prefix", None):
            return len(word) != end - start
        return start > 0 and " " not in text[start - 1 : start + 1]

    def _join(self, tokens: list[str]) -> str:
        decoder = self._tokenizer.raw.decoder
        return " ".join(tokens) if decoder is None else str(decoder.decode(tokens))


def with_marks(text: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entities with the combining marks of their last letter; single tokens stay as they are."""
    return [
        {**entry, "end": past_marks(text, entry["end"])} if "entity_group" in entry else entry
        for entry in found
    ]


def grouped(texts: Sequence[str], most_chars: int) -> Iterator[list[str]]:
    """The texts in order, in groups of at most ``most_chars`` characters; a longer text stands alone."""
    group: list[str] = []
    for text in texts:
        if group and sum(map(len, group)) + len(text) > most_chars:
            yield group
            group = []
        group.append(text)
    if group:
        yield group


HEAD = TokenClassification
