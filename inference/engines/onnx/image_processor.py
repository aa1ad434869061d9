"""Picture -> the numbers that a model reads, as its ``preprocessor_config.json`` says; Pillow and numpy only.

The same steps in the same order as transformers' image processors on Pillow (5.23): resize, crop, rescale,
normalize. They end in one fixed size, which the graph is exported for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.engine import Unsupported
from inference.engines.text.tokenizer import read_json

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

PREPROCESSOR = "preprocessor_config.json"
MAX_SIDE = 2048
"""Larger inputs are no classifier's; they would only cost memory."""
BILINEAR, BICUBIC = 2, 3
WARPS_FROM = 384
"""From this side on, ConvNeXT's processor scales without keeping the sides' ratio, and does not crop."""
COMMON: dict[str, Any] = {
    "do_resize": True,
    "do_center_crop": False,
    "do_rescale": True,
    "do_normalize": True,
    "rescale_factor": 1 / 255,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
}
CLIP = {
    "resample": BICUBIC,
    "size": {"shortest_edge": 224},
    "crop_size": 224,
    "do_center_crop": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
MOBILENET = {
    "resample": BILINEAR,
    "size": {"shortest_edge": 256},
    "crop_size": 224,
    "do_center_crop": True,
}
KINDS: dict[str, dict[str, Any]] = {
    "Beit": {"resample": BICUBIC, "size": 224, "crop_size": 224},
    "Bit": CLIP,
    "CLIP": CLIP,
    "ConvNext": {"resample": BICUBIC, "size": {"shortest_edge": 384}, "crop_pct": 224 / 256},
    "DeiT": {"resample": BICUBIC, "size": 256, "crop_size": 224, "do_center_crop": True},
    "EfficientNet": {"resample": BICUBIC, "size": 346, "crop_size": 289, "include_top": True},
    "MobileNetV1": MOBILENET,
    "MobileNetV2": MOBILENET,
    "MobileViT": {
        **{"resample": BICUBIC, "size": {"shortest_edge": 224}, "crop_size": 256, "do_center_crop": True},
        **{"do_flip_channel_order": True},
    },
    "Siglip": {"resample": BICUBIC, "size": 224},
    "ViT": {"resample": BILINEAR, "size": 224},
}
"""What each kind of processor does where the repository's file is silent."""
KIND_OF_MODEL = {
    "beit": "Beit",
    "clip": "CLIP",
    "convnext": "ConvNext",
    "convnextv2": "ConvNext",
    "deit": "DeiT",
    "dinov2": "Bit",
    "efficientnet": "EfficientNet",
    "mobilenet_v1": "MobileNetV1",
    "mobilenet_v2": "MobileNetV2",
    "mobilevit": "MobileViT",
    "regnet": "ConvNext",
    "resnet": "ConvNext",
    "siglip": "Siglip",
    "swin": "ViT",
    "swinv2": "ViT",
    "vit": "ViT",
}
"""Where the repository's file does not name its kind, as the oldest do not: by config.json's model_type."""
SHORTEST_EDGE_KINDS = ("Bit", "CLIP", "ConvNext", "MobileNetV1", "MobileNetV2", "MobileViT")
"""Where a plain number is the length of the shorter side; elsewhere it is that of a square."""


@dataclass(frozen=True)
class ImageProcessor:
    """Made by :func:`read_processor`."""

    resize_to: tuple[int, int] | int | None
    """Height and width, or the length of the shorter side; ``None``: as it is."""
    crop_to: tuple[int, int] | None
    """Height and width, cut from the middle, or with black around where the picture is smaller."""
    resample: int
    """Pillow's number of the filter."""
    factor: float | None
    """Values from 0 to 255 times this."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    is_bgr: bool = False
    """Whether blue comes first."""

    @property
    def height_width(self) -> tuple[int, int]:
        """The size of what comes out."""
        size = self.crop_to or self.resize_to
        assert isinstance(size, tuple)
        return size

    def __call__(self, picture: Image) -> NDArray[np.float32]:
        """An RGB picture -> shape (1, 3, height, width)."""
        import numpy as np

        if self.resize_to is not None:
            height, width = self._target(picture)
            picture = picture.resize((width, height), resample=self.resample)
        if self.crop_to:
            height, width = self.crop_to
            left, top = (picture.width - width) // 2, (picture.height - height) // 2
            picture = picture.crop((left, top, left + width, top + height))
        values = np.asarray(picture).astype(np.float64)
        if self.factor is not None:
            values *= self.factor
        mean, std = (np.array(channels, dtype=np.float32) for channels in (self.mean, self.std))
        normalized = (values.astype(np.float32) - mean) / std
        if self.is_bgr:
            normalized = normalized[..., ::-1]
        return np.ascontiguousarray(normalized.transpose(2, 0, 1)[None])

    def _target(self, picture: Image) -> tuple[int, int]:
        if isinstance(self.resize_to, tuple):
            return self.resize_to
        assert self.resize_to is not None
        short, long = sorted(picture.size)
        longer = int(self.resize_to * long / short)
        return (longer, self.resize_to) if picture.width <= picture.height else (self.resize_to, longer)


def read_processor(folder: Path) -> ImageProcessor:
    """Raises :class:`Unsupported` for a kind of processor, or a setting, that is not known here."""
    given = read_json(folder / PREPROCESSOR)
    if not given:
        raise Unsupported(f"there is no {PREPROCESSOR}")
    kind = _kind(given, folder)
    try:
        return _processor(kind, {**COMMON, **KINDS[kind], **given})
    except (TypeError, ValueError) as error:
        raise Unsupported(f"its {PREPROCESSOR} holds a value of an unusual kind") from error


def _processor(kind: str, settings: dict[str, Any]) -> ImageProcessor:
    if settings.get("do_pad"):
        raise Unsupported("its image processor pads, which is not known here")
    size = _size(settings["size"], kind in SHORTEST_EDGE_KINDS)
    resize_to: tuple[int, int] | int | None = size if settings["do_resize"] else None
    crop_to = _pair(settings.get("crop_size")) if settings["do_center_crop"] else None
    if kind == "ConvNext" and resize_to is not None:
        resize_to, crop_to = _convnext(resize_to, crop_to, float(settings["crop_pct"]))
    if crop_to is None and not isinstance(resize_to, tuple):
        raise Unsupported("its image processor gives pictures of no fixed size")
    normalizes = settings["do_normalize"] and kind != "MobileViT"
    mean = _three(settings["image_mean"]) if normalizes else (0.0, 0.0, 0.0)
    std = _three(settings["image_std"]) if normalizes else (1.0, 1.0, 1.0)
    if settings.get("rescale_offset"):
        mean = tuple(value + 1 for value in mean)
    if settings.get("include_top"):  # EfficientNet divides once more
        std = tuple(value * again for value, again in zip(std, _three(settings["image_std"]), strict=True))
    return ImageProcessor(
        resize_to=resize_to,
        crop_to=crop_to,
        resample=BILINEAR if settings["resample"] is None else int(settings["resample"]),
        factor=float(settings["rescale_factor"]) if settings["do_rescale"] else None,
        mean=mean,
        std=std,
        is_bgr=bool(settings.get("do_flip_channel_order")),
    )


def _kind(given: dict[str, Any], folder: Path) -> str:
    named = given.get("image_processor_type") or given.get("feature_extractor_type")
    if named is None:
        model_type = read_json(folder / "config.json").get("model_type")
        named = f"{KIND_OF_MODEL.get(str(model_type), model_type)}ImageProcessor"
    kind = re.sub("(ImageProcessor|FeatureExtractor)(Fast|Pil)?$", "", str(named))
    if kind not in KINDS:
        raise Unsupported(f"the image processor {named} is not known here")
    return kind


def _convnext(
    size: tuple[int, int] | int, crop_to: tuple[int, int] | None, crop_pct: float
) -> tuple[tuple[int, int] | int, tuple[int, int] | None]:
    """A square cut from the middle of a slightly larger picture; a large one is scaled to a square."""
    if isinstance(size, tuple) or crop_to:
        raise Unsupported("its ConvNext image processor has a size of an unusual kind")
    if size >= WARPS_FROM:
        return (size, size), None
    return int(size / crop_pct), (size, size)


def _size(value: Any, means_shortest_edge: bool) -> tuple[int, int] | int:
    if isinstance(value, int) and means_shortest_edge:
        return _side(value)
    if isinstance(value, dict) and value.keys() == {"shortest_edge"}:
        return _side(value["shortest_edge"])
    return _pair(value)


def _pair(value: Any) -> tuple[int, int]:
    """Height and width, however the file writes them."""
    if isinstance(value, int):
        return _side(value), _side(value)
    if isinstance(value, list) and len(value) == 2:
        return _side(value[0]), _side(value[1])
    if isinstance(value, dict) and value.keys() == {"height", "width"}:
        return _side(value["height"]), _side(value["width"])
    raise Unsupported("its image processor has a size of an unusual kind")


def _side(value: Any) -> int:
    if not isinstance(value, int) or not 1 <= value <= MAX_SIDE:
        raise Unsupported(f"its image processor's size is not between 1 and {MAX_SIDE:,}")
    return value


def _three(value: Any) -> tuple[float, ...]:
    values = (value,) * 3 if isinstance(value, int | float) else tuple(value)
    if len(values) != 3:
        raise Unsupported("its image processor is not for RGB pictures")
    return tuple(float(item) for item in values)
