"""Feature extraction: a text in, a vector out."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from inference.engines.engine import Outcome
from inference.engines.onnx.embeddings import EmbeddingHead

if TYPE_CHECKING:
    from inference.task import Call


class FeatureExtraction(EmbeddingHead):
    """A text -> a vector."""

    def run(self, call: Call) -> Outcome:
        """For each input its vector, one list of numbers; as an array of 32-bit floats where ``packed`` asks.

        A long list of vectors takes eight times as much memory in Python's own numbers.
        """
        given = call.parameters
        encoded = [self.encode(text, given, call.at(index)) for index, text in enumerate(call.inputs)]
        return Outcome(
            [
                array("f", vector.tolist()) if given.get("packed") else vector.tolist()
                for vector in self.vectors(encoded, given)
            ],
            truncated=sum(each.was_cut for each in encoded),
            tokens=sum(each.tokens for each in encoded),
        )


HEAD = FeatureExtraction
