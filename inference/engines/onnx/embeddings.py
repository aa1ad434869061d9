"""Texts as vectors, as a repository's sentence modules want them: what two heads share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.engine import ResultSize
from inference.engines.onnx.head import Head
from inference.engines.onnx.model_types import EMBEDDING_MODEL_TYPES
from inference.engines.onnx.sentence_modules import read_sentences
from inference.engines.text.tokenizer import Encoded, TextTokenizer, read_json
from inference.errors import InvalidField

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.head import Forward
    from inference.task import Call


WIDTHS = ("hidden_size", "dim", "d_model")
"""Under which of these names a config has the width of hidden states."""


class EmbeddingHead(Head):
    """Pools a model's hidden states to one vector a text."""

    AUTO_CLASS = "AutoModel"
    OUTPUTS = ("last_hidden_state",)
    MODEL_TYPES = EMBEDDING_MODEL_TYPES
    UNREAD = ("pooler.",)
    HAS_PIPELINE = False

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        self._sentences = read_sentences(folder)
        self._tokenizer = TextTokenizer(folder)
        limits = [limit for limit in (self._sentences.max_tokens, self._tokenizer.max_tokens) if limit]
        self.max_tokens = min(limits, default=None)
        """The most tokens of a text that are read, special ones included."""
        config = read_json(folder / "config.json")
        width = next((int(config[name]) for name in WIDTHS if config.get(name)), None)
        self._size = None if width is None else self._sentences.size(width)

    def result_size(self, call: Call) -> ResultSize | None:
        """A vector's; ``None`` where the model's config does not tell its width."""
        if self._size is None:
            return None
        return ResultSize(min(self._size, call.parameters.get("dimensions") or self._size))

    def vector(self, text: str, parameters: Mapping[str, Any] | None = None) -> NDArray[np.float64]:
        """Shape (size,)."""
        given = parameters or {}
        return self.vectors([self.encode(text, given)], given)[0]

    def vectors(self, texts: Sequence[Encoded], given: Mapping[str, Any]) -> list[NDArray[np.float64]]:
        """One for each text, in order, of shape (size,)."""
        inputs = [text.inputs for text in texts]
        return self._forward_all(inputs, lambda _, outputs: self._pool(outputs[0][0], given))

    def encode(self, text: str, given: Mapping[str, Any], at: str = "inputs") -> Encoded:
        """Raises :class:`InvalidField` at ``at`` for a text too long that must not be cut."""
        text = self._sentences.prompt_of(given.get("prompt_name")) + text
        if self._sentences.lowers_case:
            text = text.lower()
        side = given.get("truncation_direction")
        encoded = self._tokenizer.encode(text, side=side, max_tokens=self.max_tokens)
        if encoded.was_cut and given.get("truncate") is False:
            tokens = len(self._tokenizer.encodings(text, None, None)[0].ids)
            raise InvalidField(at, f"has {tokens:,} tokens; the model's limit is {self.max_tokens:,}")
        return encoded

    def _pool(self, tokens: NDArray[np.float32], given: Mapping[str, Any]) -> NDArray[np.float64]:
        """Hidden states of shape (tokens, width) -> the vector of a text, of shape (size,)."""
        vector = self._sentences.pool(tokens)
        normalize = self._sentences.is_normalized
        dimensions = given.get("dimensions")
        if dimensions is not None:
            if dimensions > len(vector):
                raise InvalidField("parameters.dimensions", f"the model gives {len(vector):,} of them")
            vector, normalize = vector[:dimensions], True
        if given.get("normalize") is not None:
            normalize = given["normalize"]
        return unit(vector) if normalize else vector


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same direction with length 1; a vector of zeros stays one."""
    import numpy as np

    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
