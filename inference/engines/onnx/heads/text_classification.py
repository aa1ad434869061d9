"""Text classification: text in, labels with scores out, as transformers' own pipeline gives them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from inference.engines.engine import Outcome, ResultSize
from inference.engines.onnx.classifier import apply, default_function, label_names, ranked
from inference.engines.onnx.head import Head
from inference.engines.text.tokenizer import TextTokenizer, read_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.engines.onnx.head import Forward
    from inference.engines.text.tokenizer import Encoded
    from inference.task import Call


class TextClassification(Head):
    """Scores for the labels of a text."""

    AUTO_CLASS = "AutoModelForSequenceClassification"
    OUTPUTS = ("logits",)

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        config = read_json(folder / "config.json")
        self._labels = label_names(config)
        self._default = default_function(config, len(self._labels))
        self._tokenizer = TextTokenizer(folder)

    def scores(self, text: str) -> NDArray[np.float64]:
        """Shape (labels,), in the order of the model's labels."""
        return self._scores([self._tokenizer.encode(text)], None)[0]

    def run(self, call: Call) -> Outcome:
        """For each input the labels, best first: ``[{"label": str, "score": float}, ...]``."""
        top_k = call.parameters.get("top_k")
        function = call.parameters.get("function_to_apply")
        encoded = [self._tokenizer.encode(text) for text in call.inputs]
        return Outcome(
            [ranked(self._labels, scores)[:top_k] for scores in self._scores(encoded, function)],
            truncated=sum(each.was_cut for each in encoded),
            tokens=sum(each.tokens for each in encoded),
        )

    def result_size(self, call: Call) -> ResultSize:
        """All labels, or the longest ``top_k`` of them."""
        entries = [{"label": label, "score": None} for label in self._labels]
        longest = sorted((len(json.dumps(entry)) for entry in entries), reverse=True)
        shown = longest[: call.parameters.get("top_k")]
        return ResultSize(len(shown), sum(shown))

    def _scores(self, texts: Sequence[Encoded], function: str | None) -> list[NDArray[np.float64]]:
        chosen = function or self._default
        inputs = [text.inputs for text in texts]
        return self._forward_all(inputs, lambda _, outputs: apply(outputs[0][0], chosen))


HEAD = TextClassification
