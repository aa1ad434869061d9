"""Zero-shot image classification: a picture and a caller's own labels in, how well each fits out.

CLIP and SigLIP. One graph reads the picture and all labels, so each picture of a list reads them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.engines.engine import Outcome
from inference.engines.onnx.classifier import apply, ranked
from inference.engines.onnx.head import Head
from inference.engines.onnx.image_processor import read_processor
from inference.engines.onnx.model_types import PICTURE_AND_TEXT_MODEL_TYPES
from inference.engines.text.tokenizer import TextTokenizer, read_json
from inference.errors import InvalidField, ModelUnavailable
from inference.media.images import decode, has_more_frames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from inference.engines.onnx.head import Forward
    from inference.task import Call

TEMPLATE = "This is a photo of {}."
"""As transformers' pipeline (5.23) has it."""
SIGLIP = "siglip"
SIGLIP_TOKENS = 64
"""SigLIP was trained on texts that were all padded to this length, and reads the padding too."""
LABELS_FIELD = "parameters.candidate_labels"


class ZeroShotImageClassification(Head):
    """Scores for labels that a caller names."""

    AUTO_CLASS = "AutoModelForZeroShotImageClassification"
    OUTPUTS = ("logits_per_image",)
    MODEL_TYPES = PICTURE_AND_TEXT_MODEL_TYPES
    READS_PICTURES = True
    HAS_PIPELINE = False
    HAS_OWN_GRAPHS = False

    def __init__(self, folder: Path, forward: Forward) -> None:
        super().__init__(folder, forward)
        config = read_json(folder / "config.json")
        model_type = str(config.get("model_type"))
        if model_type not in self.MODEL_TYPES:
            known = " or ".join(sorted(self.MODEL_TYPES))
            raise ModelUnavailable(f"its architecture is {model_type!r}; choose a model of {known}")
        self._processor = read_processor(folder)
        self._tokenizer = TextTokenizer(folder)
        self._is_siglip = model_type == SIGLIP
        self._function = "sigmoid" if self._is_siglip else "softmax"
        self._pad = self._tokenizer.special_id("pad") or 0
        positions = (config.get("text_config") or {}).get("max_position_embeddings")
        limits = (self._tokenizer.max_tokens, positions, SIGLIP_TOKENS if self._is_siglip else None)
        self._tokenizer.max_tokens = min((limit for limit in limits if limit), default=None)

    def scores(self, picture: Image, labels: Sequence[str], template: str = TEMPLATE) -> NDArray[np.float64]:
        """Of an RGB picture: shape (labels,), from 0 to 1, in the order of the labels.

        CLIP's scores share one; each of SigLIP's stands for itself. Raises :class:`InvalidField` for a label
        that the model cannot read to its end.
        """
        return self._scores(picture, self._texts([template.replace("{}", label) for label in labels]))

    def run(self, call: Call) -> Outcome:
        """For each picture its labels, best first: ``[{"label": str, "score": float}, ...]``.

        A picture of several frames or pages counts as truncated: the first is what was looked at.
        """
        labels = call.parameters["candidate_labels"]
        template = call.parameters.get("hypothesis_template") or TEMPLATE
        texts = self._texts([template.replace("{}", label) for label in labels])
        results, animated = [], 0
        for at, data in enumerate(call.inputs):
            picture = decode(data, call.at(at))
            animated += has_more_frames(picture)
            results.append(ranked(labels, self._scores(picture, texts)))
        return Outcome(results, truncated=animated)

    def _scores(self, picture: Image, texts: dict[str, NDArray[np.int64]]) -> NDArray[np.float64]:
        [logits] = self._forward({**texts, "pixel_values": self._processor(picture)})
        return apply(logits[0], self._function)

    def _texts(self, texts: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """All texts as one batch: shape (texts, tokens), padded to the longest."""
        import numpy as np

        encoded = [self._tokenizer.encode(text) for text in texts]
        if any(each.was_cut for each in encoded):
            problem = f"a label in its template must fit into {self._tokenizer.max_tokens} tokens"
            raise InvalidField(LABELS_FIELD, problem)
        length = SIGLIP_TOKENS if self._is_siglip else max(each.tokens for each in encoded)
        ids = np.full((len(texts), length), self._pad, np.int64)
        mask = np.zeros((len(texts), length), np.int64)
        for row, each in enumerate(encoded):
            ids[row, : each.tokens] = each.inputs["input_ids"][0]
            mask[row, : each.tokens] = 1
        return {"input_ids": ids, "attention_mask": np.ones_like(mask) if self._is_siglip else mask}


HEAD = ZeroShotImageClassification
