"""Summarization by BART-large and translation by a Marian model, both with random weights."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.speed.cases.bpe_tokenizer import make_bpe
from bench.speed.cases.case import Case, Workload
from bench.speed.cases.random_weights import save_random
from bench.speed.cases.words import WORDS, make_text

if TYPE_CHECKING:
    from pathlib import Path

# Lambda's x86 machines are known to have AVX2, and both CTranslate2 and torch can be limited to it.
AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "CT2_FORCE_CPU_ISA": "AVX2"}
AVX2["MKL_ENABLE_INSTRUCTIONS"] = "AVX2"
BART_TOKENS = 50_265
MARIAN_TOKENS = 59_514  # opus-mt-en-fr
SUMMARY_TOKENS = 60
TRANSLATION_TOKENS = 32
TINY: dict[str, Any] = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2}
TINY |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2}
TINY |= {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64}
MARIAN_SIZES: dict[str, Any] = {"d_model": 512, "encoder_layers": 6, "decoder_layers": 6}
MARIAN_SIZES |= {"encoder_attention_heads": 8, "decoder_attention_heads": 8}
MARIAN_SIZES |= {"encoder_ffn_dim": 2048, "decoder_ffn_dim": 2048, "max_position_embeddings": 512}


def make_bart(sizes: dict[str, Any], tokens: int, folder: Path) -> None:
    """BART-large, which is the architecture's default; search settings of bart-large-cnn, fixed length."""
    from tokenizers import processors
    from transformers import BartConfig, PreTrainedTokenizerFast

    tokenizer = make_bpe(tokens, before=("<s>", "<pad>", "</s>", "<unk>"), after=("<mask>",))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    marks = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=1024, mask_token="<mask>", **marks
    ).save_pretrained(folder)
    generation = {
        **_fix_length(SUMMARY_TOKENS),
        "num_beams": 4,
        "length_penalty": 2.0,
        "no_repeat_ngram_size": 3,
        "early_stopping": True,
        "forced_bos_token_id": 0,
    }
    save_random(
        folder,
        "AutoModelForSeq2SeqLM",
        BartConfig(vocab_size=tokens, forced_eos_token_id=None, **sizes),
        generation,
    )


def make_marian(sizes: dict[str, Any], tokens: int, folder: Path) -> None:
    """Size and search settings of opus-mt-en-fr; the vocabulary is the benchmark's words and made-up ones."""
    from sentencepiece import SentencePieceTrainer
    from transformers import MarianConfig

    SentencePieceTrainer.train(
        sentence_iterator=iter([make_text(len(WORDS))] * 2),
        model_prefix=str(folder / "source"),
        model_type="word",
        vocab_size=len(WORDS) + 3,
        minloglevel=2,
    )
    (folder / "source.model").rename(folder / "source.spm")
    (folder / "source.vocab").unlink()
    (folder / "target.spm").write_bytes((folder / "source.spm").read_bytes())
    words = [f"▁{word}" for word in WORDS]
    pieces = ["</s>", "<unk>", *words, *(f"▁w{index}" for index in range(tokens - len(words) - 3)), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({piece: index for index, piece in enumerate(pieces)}))
    settings = {"tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "fr"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**settings, "model_max_length": 512}))
    config = MarianConfig(
        vocab_size=tokens,
        pad_token_id=tokens - 1,
        eos_token_id=0,
        forced_eos_token_id=None,
        decoder_start_token_id=tokens - 1,
        scale_embedding=True,
        **sizes,
    )
    generation = {**_fix_length(TRANSLATION_TOKENS), "num_beams": 4, "bad_words_ids": [[tokens - 1]]}
    save_random(folder, "AutoModelForSeq2SeqLM", config, generation)


def _fix_length(tokens: int) -> dict[str, int | None]:
    """Generation settings for exactly ``tokens`` new tokens. A forced end token would count as one."""
    return {"min_new_tokens": tokens, "max_new_tokens": tokens, "forced_eos_token_id": None}


def _sentences(count: int) -> Any:
    text = make_text(TRANSLATION_TOKENS - 1)  # </s> is one more
    return text if count == 1 else [text] * count


CASES = (
    Case(
        name="bart-large",
        task="summarization",
        kind="text_to_text",
        weights="random",
        make=partial(make_bart, {}, BART_TOKENS),
        make_tiny=partial(make_bart, TINY, 1_000),
        workloads=(Workload("512 tokens in, 60 out, 4 beams", partial(make_text, 510), 1, SUMMARY_TOKENS),),
        variables=AVX2,
    ),
    Case(
        name="marian-base",
        task="translation",
        kind="text_to_text",
        weights="random",
        make=partial(make_marian, MARIAN_SIZES, MARIAN_TOKENS),
        make_tiny=partial(make_marian, {**TINY, "max_position_embeddings": 512}, 1_000),
        workloads=(Workload("32 tokens in, 32 out, 4 beams", partial(_sentences, 1), 4, TRANSLATION_TOKENS),),
        batch=Workload("16 × 32 tokens", partial(_sentences, 16), 1, TRANSLATION_TOKENS),
        variables=AVX2,
    ),
)
