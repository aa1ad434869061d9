"""Tiny random models of every vision family, each with the image processor that its real ones have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

SIDE = 32
LABELS = ("cat", "dog", "fish", "fox", "hen", "owl", "pig")
TRANSFORMER = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "image_size": SIDE,
    "patch_size": 8,
}
WINDOWS = {
    "image_size": SIDE,
    "patch_size": 2,
    "embed_dim": 16,
    "depths": [1, 2],
    "num_heads": [2, 2],
    "window_size": 4,
}
STAGES = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 2, 1]}
SQUARE = {"size": {"height": SIDE, "width": SIDE}}
NARROW = {"size": {"shortest_edge": 36}, "crop_size": SIDE}
CONFIGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "beit": (TRANSFORMER, {"image_processor_type": "BeitImageProcessor", **SQUARE, "resample": 2}),
    "convnext": (STAGES, {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": SIDE}}),
    "convnextv2": (
        STAGES,
        {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}},
    ),
    "deit": (
        {**TRANSFORMER, "architectures": ["DeiTForImageClassification"]},
        {"image_processor_type": "DeiTImageProcessor", "size": 36, "crop_size": SIDE},
    ),
    "dinov2": (
        {key: value for key, value in TRANSFORMER.items() if key != "intermediate_size"},
        {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 36}, "crop_size": SIDE},
    ),
    "efficientnet": (
        {
            **{"image_size": SIDE, "width_coefficient": 0.2, "depth_coefficient": 0.2, "hidden_dim": 256},
            **{"num_hidden_layers": 16},
        },
        {
            **{"image_processor_type": "EfficientNetImageProcessor", **SQUARE, "resample": 0},
            **{"image_std": [0.48, 0.47, 0.46], "include_top": True},
        },
    ),
    "mobilenet_v1": (
        {"image_size": SIDE, "depth_multiplier": 0.25, "min_depth": 4},
        {
            "image_processor_type": "MobileNetV1ImageProcessor",
            "size": {"shortest_edge": 36},
            "crop_size": SIDE,
        },
    ),
    "mobilenet_v2": (
        {"image_size": SIDE, "depth_multiplier": 0.25, "min_depth": 4},
        {
            "image_processor_type": "MobileNetV2ImageProcessor",
            "size": {"shortest_edge": 36},
            "crop_size": SIDE,
        },
    ),
    "mobilevit": (
        {
            **{"image_size": SIDE, "hidden_sizes": [16, 16, 16], "neck_hidden_sizes": [8, 8, 8, 8, 8, 8, 16]},
            **{"num_attention_heads": 2},
        },
        {"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 28}, "crop_size": SIDE},
    ),
    "regnet": (
        {**STAGES, "embedding_size": 8, "groups_width": 8},
        {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 64}},
    ),
    "siglip": (
        {"vision_config": TRANSFORMER},
        {"image_processor_type": "SiglipImageProcessor", **SQUARE, "resample": 2},
    ),
    "resnet": (
        {**STAGES, "embedding_size": 8},
        {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 64}, "crop_pct": 0.95},
    ),
    "swin": (WINDOWS, {"image_processor_type": "ViTImageProcessor", **SQUARE, "resample": 3}),
    "swinv2": (WINDOWS, {"image_processor_type": "ViTImageProcessor", **SQUARE, "resample": 3}),
    "vit": (TRANSFORMER, {"image_processor_type": "ViTImageProcessor", **SQUARE}),
}
"""model_type -> what the config says besides labels, and the ``preprocessor_config.json``."""


HEAD_FACTORS = {"efficientnet": 20_000, "mobilenet_v2": 1000}
"""By how much a classifier's weights are widened where many narrow layers leave little of a picture."""
CONVOLUTION_FACTORS = {"efficientnet": 8, "mobilenet_v1": 1.5, "mobilevit": 6}


def make_vision_model(folder: Path, model_type: str) -> Path:
    """A repository of a model with random weights, wide enough apart that labels differ."""
    import torch
    from transformers import AutoConfig, AutoModelForImageClassification

    config, processor = CONFIGS[model_type]
    torch.manual_seed(11)
    model = AutoModelForImageClassification.from_config(
        AutoConfig.for_model(
            model_type,
            id2label=dict(enumerate(LABELS)),
            label2id={name: number for number, name in enumerate(LABELS)},
            initializer_range=0.2,
            **config,
        )
    )
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.startswith("classifier") and value.dim() == 2:
                value.mul_(HEAD_FACTORS.get(model_type, 20))
            elif value.dim() == 4:
                value.mul_(CONVOLUTION_FACTORS.get(model_type, 1))
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder


def make_picture_and_text_model(folder: Path, model_type: str) -> Path:
    """A CLIP or a SigLIP with random weights; one token a word, those of the proof among them."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    from inference.convert.proofs import zero_shot_image_classification as proof

    text = f"this is a photo of cat dog fish street at night . the in {' '.join(proof.LABELS)}"
    words = {
        word: at for at, word in enumerate(dict.fromkeys(["<pad>", "<s>", "</s>", "<unk>", *text.split()]))
    }
    tokenizer = Tokenizer(models.WordLevel(words, "<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    positions, names = (16, 2) if model_type == "clip" else (64, 1)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        model_max_length=positions, model_input_names=["input_ids", "attention_mask"][:names],
    )  # fmt: skip
    fast.save_pretrained(folder)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    reads = {**tower, "vocab_size": len(words), "max_position_embeddings": positions, "bos_token_id": 1}
    reads |= {"eos_token_id": len(words) - 1 if model_type == "siglip" else 2, "pad_token_id": 0}
    config = transformers.AutoConfig.for_model(
        model_type, text_config=reads, vision_config={**tower, "image_size": SIDE, "patch_size": 8}
    )
    torch.manual_seed(3)
    model = transformers.AutoModel.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.normal_(std=0.3)
    model.save_pretrained(folder)
    kind = {"clip": "CLIPImageProcessor", "siglip": "SiglipImageProcessor"}[model_type]
    size: Any = SIDE if model_type == "clip" else {"height": SIDE, "width": SIDE}
    processor = {"image_processor_type": kind, "size": size}
    processor |= {"crop_size": SIDE} if model_type == "clip" else {}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder
