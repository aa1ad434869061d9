"""Encoders whose export was compared with torch, by config.json's ``model_type``."""

TEXT_MODEL_TYPES = frozenset(
    [
        "albert",
        "bart",
        "bert",
        "camembert",
        "deberta-v2",
        "distilbert",
        "electra",
        "modernbert",
        "mpnet",
        "roberta",
        "xlm-roberta",
    ]
)
IMAGE_MODEL_TYPES = frozenset(
    ["beit", "convnext", "convnextv2", "deit", "dinov2", "resnet", "swin", "swinv2", "vit"]
)
