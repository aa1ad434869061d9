"""Texts as vectors, and how near they are: one head for feature-extraction and sentence-similarity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.sentence_modules import read_sentences
from inference.engines.text import TextEncoder
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.task import Call

    Run = Callable[[dict[str, NDArray[np.int64]]], list[NDArray[np.float32]]]


class Embeddings:
    """A head over any runner: the engine's session in serving, torch in the proof."""

    OUTPUTS = ("last_hidden_state",)

    def __init__(self, folder: Path, run: Run) -> None:
        self._sentences = read_sentences(folder)
        self._encoder = TextEncoder(folder)
        limits = [limit for limit in (self._sentences.max_tokens, self._encoder.max_tokens) if limit]
        self.max_tokens = min(limits, default=None)
        """The most tokens of a text that are read, special ones included."""
        self._run = run
        self.last_truncated = 0
        """How many texts of the last call were cut."""
        self.last_tokens = 0
        """How many tokens the last call read."""

    def vector(
        self, text: str, parameters: Mapping[str, Any] | None = None, at: str = "inputs"
    ) -> NDArray[np.float64]:
        """Shape (size,); raises :class:`InvalidField` at ``at`` for a text too long that must not be cut."""
        given = parameters or {}
        vector = self._sentences.pool(self._run(self._encode(text, given, at))[0][0])
        normalize = self._sentences.is_normalised
        dimensions = given.get("dimensions")
        if dimensions is not None:
            if dimensions > len(vector):
                raise InvalidField("parameters.dimensions", f"the model gives {len(vector):,} of them")
            vector, normalize = vector[:dimensions], True
        if given.get("normalize") is not None:
            normalize = given["normalize"]
        return unit(vector) if normalize else vector

    def _encode(self, text: str, given: Mapping[str, Any], at: str) -> dict[str, NDArray[np.int64]]:
        text = self._sentences.prompt_of(given.get("prompt_name")) + text
        if self._sentences.lowers_case:
            text = text.lower()
        side = given.get("truncation_direction") or self._encoder.config.get("truncation_side") or "right"
        kept, *cut_off = self._encoder.encodings(text, None, self.max_tokens, direction=side)
        if cut_off and given.get("truncate") is False:
            tokens = len(self._encoder.encodings(text, None, None)[0].ids)
            raise InvalidField(at, f"has {tokens:,} tokens; the model's limit is {self.max_tokens:,}")
        self.last_truncated += bool(cut_off)
        self.last_tokens += len(kept.ids)
        return self._encoder.arrays(kept)

    def _forget(self) -> None:
        self.last_truncated = self.last_tokens = 0


class FeatureExtraction(Embeddings):
    """A text -> a vector."""

    def run(self, call: Call) -> list[list[float]]:
        """For each input its vector, one list of numbers."""
        self._forget()
        return [
            self.vector(text, call.parameters, call.at(index)).tolist()
            for index, text in enumerate(call.inputs)
        ]


class SentenceSimilarity(Embeddings):
    """A sentence against others -> how near each is."""

    def run(self, call: Call) -> list[list[float]]:
        """For each input the cosine (-1 to 1) of its source with every sentence, in order."""
        self._forget()
        return [self._cosines(item["source_sentence"], item["sentences"]) for item in call.inputs]

    def _cosines(self, source: str, sentences: list[str]) -> list[float]:
        own = unit(self.vector(source))
        return [float(own @ unit(self.vector(sentence))) for sentence in sentences]


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same direction with length 1; a vector of zeros stays one."""
    import numpy as np

    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
