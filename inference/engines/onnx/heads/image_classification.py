"""Image classification: the bytes of a picture in, labels with scores out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.engines.engine import Outcome
from inference.engines.onnx.classifier import apply, default_function, label_names, ranked
from inference.engines.onnx.head import Head
from inference.engines.onnx.image_processor import read_processor
from inference.engines.onnx.model_types import IMAGE_MODEL_TYPES
from inference.engines.text.tokenizer import read_json
from inference.media.images import decode, has_more_frames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from inference.engines.onnx.head import Forward
    from inference.task import Call

TOP_K = 5
"""As transformers' pipeline: a thousand labels are more than most callers want."""
PICTURES_AT_ONCE = 8
"""As pixels in memory; a large model's picture takes 3 MB."""


class ImageClassification(Head):
    """Scores for the labels of a picture, which is scaled and never cut off."""

    AUTO_CLASS = "AutoModelForImageClassification"
    OUTPUTS = ("logits",)
    MODEL_TYPES = IMAGE_MODEL_TYPES
    READS_PICTURES = True

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        config = read_json(folder / "config.json")
        self._labels = label_names(config)
        self._default = default_function(config, len(self._labels))
        self._processor = read_processor(folder)

    def scores(self, picture: Image, function: str | None = None) -> NDArray[np.float64]:
        """Of an RGB picture: shape (labels,), in the order of the model's labels."""
        return self._scores([self._processor(picture)], function)[0]

    def run(self, call: Call) -> Outcome:
        """For each input its labels, best first: ``[{"label": str, "score": float}, ...]``.

        A picture of several frames or pages counts as truncated: the first is what was looked at.
        """
        function = call.parameters.get("function_to_apply")
        top_k = call.parameters.get("top_k") or TOP_K
        results, animated = [], 0
        for begin in range(0, len(call.inputs), PICTURES_AT_ONCE):
            files = call.inputs[begin : begin + PICTURES_AT_ONCE]
            pixels = []
            for at, data in enumerate(files, begin):
                picture = decode(data, call.at(at))
                animated += has_more_frames(picture)
                pixels.append(self._processor(picture))
            results += [ranked(self._labels, scores)[:top_k] for scores in self._scores(pixels, function)]
        return Outcome(results, truncated=animated)

    def _scores(
        self, pixels: Sequence[NDArray[np.float32]], function: str | None
    ) -> list[NDArray[np.float64]]:
        chosen = function or self._default
        inputs = [{"pixel_values": each} for each in pixels]
        return self._forward_all(inputs, lambda _, outputs: apply(outputs[0][0], chosen))


HEAD = ImageClassification
