"""Sequence classification: text in, labels with scores out, as transformers' own pipeline gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.heads.labels import label_names
from inference.engines.softmax import softmax
from inference.engines.text import TextEncoder, read_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.task import Call

    Run = Callable[[dict[str, NDArray[np.int64]]], list[NDArray[np.float32]]]


class SequenceClassification:
    """A head over any runner: the engine's session in serving, torch in the proof."""

    OUTPUTS = ("logits",)

    def __init__(self, folder: Path, run: Run) -> None:
        config = read_json(folder / "config.json")
        self._labels = label_names(config)
        self._default = default_function(config, len(self._labels))
        self._encoder = TextEncoder(folder)
        self._run = run
        self.last_truncated = 0
        """How many texts of the last call were cut to the model's window."""
        self.last_tokens = 0

    def scores(self, text: str, function: str | None = None) -> NDArray[np.float64]:
        """Shape (labels,), in the order of the model's labels."""
        return apply(self._run(self._encoder.encode(text))[0][0], function or self._default)

    def run(self, call: Call) -> list[list[dict[str, Any]]]:
        """For each input the labels, best first: ``[{"label": str, "score": float}, ...]``."""
        top_k = call.parameters.get("top_k")
        function = call.parameters.get("function_to_apply")
        self.last_truncated = self.last_tokens = 0
        results = []
        for text in call.inputs:
            results.append(self._ranked(self.scores(text, function))[:top_k])
            self.last_truncated += self._encoder.was_cut
            self.last_tokens += self._encoder.last_tokens
        return results

    def _ranked(self, scores: NDArray[np.float64]) -> list[dict[str, Any]]:
        named = [
            {"label": label, "score": float(score)} for label, score in zip(self._labels, scores, strict=True)
        ]
        return sorted(named, key=lambda entry: -float(entry["score"]))


def default_function(config: dict[str, Any], labels: int) -> str:
    """What transformers' pipeline applies when a caller names nothing (5.23, text_classification.py)."""
    if config.get("problem_type") == "multi_label_classification" or labels == 1:
        return "sigmoid"
    if config.get("problem_type") == "regression":
        return "none"
    return "softmax"


def apply(logits: NDArray[np.float32], function: str) -> NDArray[np.float64]:
    """Scores from logits."""
    import numpy as np

    if function == "softmax":
        return softmax(logits)
    values = logits.astype(np.float64)
    return 1 / (1 + np.exp(-values)) if function == "sigmoid" else values
