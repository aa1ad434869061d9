"""Tiny random models of every family that onnxruntime-genai serves, with a tokenizer of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from inference.convert.proofs import texts as proof_texts
from inference.convert.recipe import Source

if TYPE_CHECKING:
    from pathlib import Path

TAG = "text-generation"
CHAT = [{"role": "system", "content": " Be brief. "}, {"role": "user", "content": 'Who is <Ada> & "Bo"?'}]
CONTEXT = 128
SHARED: dict[str, Any] = {
    "vocab_size": 608,  # more than the tokenizer has, as in Qwen
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": CONTEXT,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}
HEAD = {"head_dim": 32}
CONFIGS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("LlamaConfig", {}),
    "qwen2": ("Qwen2Config", {}),
    "qwen3": ("Qwen3Config", HEAD),
    "gemma": ("GemmaConfig", HEAD),
    "gemma2": ("Gemma2Config", HEAD | {"sliding_window": 16}),
    "gemma3_text": (
        "Gemma3TextConfig",
        HEAD | {"sliding_window": 16, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "hunyuan_v1_dense": ("HunYuanDenseV1Config", HEAD),
    "lfm2": (
        "Lfm2Config",
        {"layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False},
    ),
    "mistral": ("MistralConfig", HEAD | {"sliding_window": 64}),
    "phi": ("PhiConfig", {"num_key_value_heads": 2}),
    "phi3": ("Phi3Config", {"original_max_position_embeddings": CONTEXT}),
    "ernie4_5": ("Ernie4_5Config", HEAD),
    "granite": ("GraniteConfig", {"attention_multiplier": 0.2, "logits_scaling": 2.0}),
    "granitemoehybrid": (
        "GraniteMoeHybridConfig",
        {
            "layer_types": ["attention", "attention"],
            "num_local_experts": 0,
            "position_embedding_type": "rope",
            "shared_intermediate_size": 128,
        },
    ),
    "smollm3": ("SmolLM3Config", {"no_rope_layers": [1, 0]}),
}
TEMPLATE = """{%- if messages[0]['role'] != 'system' %}
    {{ raise_exception('a system message comes first') }}
{% endif %}
{{- bos_token }}
{%- set ns = namespace(count=0) %}
{%- for message in messages %}
    {%- set ns.count = ns.count + 1 %}
{{ '<|' + message['role'] + '|>' + message['content'] | trim }} {{ message | tojson }}
    {%- generation %}[{{ ns.count }}]{% endgeneration %}
    {%- if ns.count > 5 %}{% break %}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|assistant|>{% endif %}{{ strftime_now('%Y') }}{{ eos_token }}"""


def make_snapshot(folder: Path, family: str) -> Path:
    """A random model, its weights large enough for varied answers, and a tokenizer trained here."""
    import torch
    import transformers

    name, more = CONFIGS[family]
    torch.manual_seed(1)
    model = transformers.AutoModelForCausalLM.from_config(getattr(transformers, name)(**SHARED | more)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.15)
    model.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


def make_tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<s>", "</s>", "<end>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=alphabet, special_tokens=special, show_progress=False
    )
    bpe.train_from_iterator(proof_texts.read(), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def source_of(snapshot: Path, precision: str) -> Source:
    """What a conversion of such a model is given; an eighth of the proof's texts, and a chat."""
    config = json.loads((snapshot / "config.json").read_text())
    inputs = (CHAT, *proof_texts.read()[::8])
    return Source(snapshot, config, TAG, inputs, precision, 1)
