"""Encoders whose export was compared with torch, by config.json's ``model_type``."""

TEXT_MODEL_TYPES = frozenset(
    [
        "albert",
        "bart",
        "bert",
        "camembert",
        "deberta",
        "deberta-v2",
        "distilbert",
        "electra",
        "eurobert",
        "modernbert",
        "mobilebert",
        "mpnet",
        "nomic_bert",
        "roberta",
        "xlm-roberta",
    ]
)
ANSWERING_MODEL_TYPES = TEXT_MODEL_TYPES - {"eurobert", "nomic_bert"}
"""Those of which transformers has a head for answers."""
EMBEDDING_MODEL_TYPES = TEXT_MODEL_TYPES | {"gemma3_text", "qwen3"}
"""And decoders that embed: their heads need no cache of keys and values."""
IMAGE_MODEL_TYPES = frozenset(
    ["beit", "convnext", "convnextv2", "deit", "dinov2", "resnet", "swin", "swinv2", "vit"]
)
