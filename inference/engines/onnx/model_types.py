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
FILLING_MODEL_TYPES = TEXT_MODEL_TYPES | {"esm"}
"""And proteins, whose letters may be masked."""
ANSWERING_MODEL_TYPES = TEXT_MODEL_TYPES - {"eurobert", "nomic_bert"}
"""Those of which transformers has a head for answers."""
STATIC = "static_table"
"""What conversion calls a table of vectors, which names no architecture."""
ENCODER_MODEL_TYPES = frozenset(["mt5", "t5", "umt5"])
"""Encoder-decoders whose encoder alone embeds."""
EMBEDDING_MODEL_TYPES = TEXT_MODEL_TYPES | ENCODER_MODEL_TYPES | {"gemma3_text", "qwen3", STATIC}
"""And decoders that embed: their heads need no cache of keys and values."""
SPEECH_MODEL_TYPES = frozenset(
    ["data2vec-audio", "hubert", "unispeech", "unispeech-sat", "wav2vec2", "wavlm"]
)
"""Those that hear letters: they read the waveform itself, and have a CTC head."""
PICTURE_AND_TEXT_MODEL_TYPES = frozenset(["clip", "siglip"])
"""Those that say how well a text fits a picture."""
IMAGE_MODEL_TYPES = frozenset(
    [
        *("beit", "convnext", "convnextv2", "deit", "dinov2", "efficientnet", "mobilenet_v1"),
        *("mobilenet_v2", "mobilevit", "regnet", "resnet", "siglip", "swin", "swinv2", "vit"),
    ]
)
