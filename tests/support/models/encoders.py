"""Tiny random models of every encoder family, with a tokenizer of their own; made by the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    "Good.",
    "It was not what I had hoped for, and I would not go there again.",
    "ünïcödé 🎉 日本語",
    "word " * 400,
    " ",
]
SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 66,
}
ENCODER_DECODER = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_position_embeddings": 64,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "albert": {**SMALL, "embedding_size": 16},
    "bart": ENCODER_DECODER,
    "bert": SMALL,
    "camembert": SMALL,
    "deberta": {**SMALL, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "deberta-v2": {**SMALL, "relative_attention": True, "pos_att_type": ["p2c", "c2p"]},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64, "max_position_embeddings": 64},
    "electra": {**SMALL, "embedding_size": 16},
    "eurobert": {**SMALL, "head_dim": 16, "num_key_value_heads": 2},
    "mobilebert": {
        **SMALL,
        "embedding_size": 16,
        "intra_bottleneck_size": 16,
        "normalization_type": "layer_norm",  # without norms random weights grow past what softmax takes
    },
    "modernbert": {**SMALL, "max_position_embeddings": 64, "global_attn_every_n_layers": 2},
    "mpnet": SMALL,
    "nomic_bert": SMALL,
    "roberta": SMALL,
    "xlm-roberta": SMALL,
}


def make_classifier(folder: Path, model_type: str) -> Path:
    """A random model with three labels, and a small tokenizer of its own."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

    specials = ["<pad>", "<s>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=specials, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=64,
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)
    torch.manual_seed(7)
    config = AutoConfig.for_model(
        model_type,
        vocab_size=len(tokenizer.get_vocab()),
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        cls_token_id=1,
        sep_token_id=2,
        num_labels=3,
        **CONFIGS[model_type],
    )
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    return folder
