"""Image classification: the bytes of a picture in, labels with scores out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.heads.labels import label_names
from inference.engines.heads.sequence_classification import apply, default_function
from inference.engines.image_processor import read_processor
from inference.engines.text import read_json
from inference.images import decode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from inference.task import Call

    Run = Callable[[dict[str, NDArray[Any]]], list[NDArray[np.float32]]]

TOP_K = 5
"""As transformers' pipeline: a thousand labels are more than most callers want."""


class ImageClassification:
    """A head over any runner: the engine's session in serving, torch in the proof."""

    OUTPUTS = ("logits",)

    def __init__(self, folder: Path, run: Run) -> None:
        config = read_json(folder / "config.json")
        self._labels = label_names(config)
        self._default = default_function(config, len(self._labels))
        self._processor = read_processor(folder)
        self._run = run
        self.last_truncated = 0
        """Always 0: pictures are scaled, not cut off."""

    def scores(self, picture: Image, function: str | None = None) -> NDArray[np.float64]:
        """Of an RGB picture: shape (labels,), in the order of the model's labels."""
        logits = self._run({"pixel_values": self._processor(picture)})[0][0]
        return apply(logits, function or self._default)

    def run(self, call: Call) -> list[list[dict[str, Any]]]:
        """For each input its labels, best first: ``[{"label": str, "score": float}, ...]``."""
        function = call.parameters.get("function_to_apply")
        top_k = call.parameters.get("top_k") or TOP_K
        results = []
        for index, data in enumerate(call.inputs):
            picture = decode(data, call.at(index))
            results.append(self._ranked(self.scores(picture, function))[:top_k])
        return results

    def _ranked(self, scores: NDArray[np.float64]) -> list[dict[str, Any]]:
        order = (-scores).argsort(kind="stable")
        return [{"label": self._labels[index], "score": float(scores[index])} for index in order]
