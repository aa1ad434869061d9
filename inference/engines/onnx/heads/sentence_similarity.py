"""Sentence similarity: a sentence against others -> how near each is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.engines.engine import Outcome
from inference.engines.onnx.embeddings import EmbeddingHead, unit

if TYPE_CHECKING:
    from inference.engines.text.tokenizer import Encoded
    from inference.task import Call


class SentenceSimilarity(EmbeddingHead):
    """A sentence and others -> a cosine for each of the others."""

    def run(self, call: Call) -> Outcome:
        """For each input the cosine (-1 to 1) of its source with every sentence, in order."""
        encoded = [
            [self.encode(text, {}) for text in (item["source_sentence"], *item["sentences"])]
            for item in call.inputs
        ]
        texts = [text for item in encoded for text in item]
        return Outcome(
            [self._cosines(*item) for item in encoded],
            truncated=sum(text.was_cut for text in texts),
            tokens=sum(text.tokens for text in texts),
        )

    def _cosines(self, source: Encoded, *others: Encoded) -> list[float]:
        own = unit(self.pool(source, {}))
        return [float(own @ unit(self.pool(other, {}))) for other in others]


HEAD = SentenceSimilarity
