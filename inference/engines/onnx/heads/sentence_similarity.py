"""Sentence similarity: a sentence against others -> how near each is."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from inference.engines.engine import Outcome, ResultSize
from inference.engines.onnx.embeddings import EmbeddingHead, unit

if TYPE_CHECKING:
    from inference.task import Call


class SentenceSimilarity(EmbeddingHead):
    """A sentence and others -> a cosine for each of the others."""

    def result_size(self, call: Call) -> ResultSize:
        """A cosine for each of the most sentences that an input has."""
        return ResultSize(max(len(item["sentences"]) for item in call.inputs))

    def run(self, call: Call) -> Outcome:
        """For each input the cosine (-1 to 1) of its source with every sentence, in order."""
        texts = [
            self.encode(text, {})
            for item in call.inputs
            for text in (item["source_sentence"], *item["sentences"])
        ]
        vectors = iter([unit(vector) for vector in self.vectors(texts, {})])
        results = []
        for item in call.inputs:
            source = next(vectors)
            results.append([float(source @ other) for other in islice(vectors, len(item["sentences"]))])
        return Outcome(
            results,
            truncated=sum(text.was_cut for text in texts),
            tokens=sum(text.tokens for text in texts),
        )


HEAD = SentenceSimilarity
