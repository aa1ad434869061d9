"""``CLIPTextModel`` of transformers as an ONNX graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.diffusion.graph_writer import INT64, GraphWriter
from inference.convert.diffusion.layers import activation, attend, expect, layer_norm, linear, numpy_of
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from pathlib import Path


def write_text_encoder(model: Any, path: Path, *, halves: bool) -> None:
    """Write the graph ``input_ids`` (1, tokens) -> ``text`` (1, tokens, size).

    The number of tokens is that of the model's window. Raises :class:`Unsupported` for another network.
    """
    expect(model, "CLIPTextModel")
    if getattr(model.config, "use_attention_mask", None):
        raise Unsupported("its text encoder reads a mask")
    body = getattr(model, "text_model", model)
    tokens = model.config.max_position_embeddings
    g = GraphWriter(path, halves=halves)
    try:
        words = g.table(numpy_of(body.embeddings.token_embedding.weight), "input_ids")
        places = numpy_of(body.embeddings.position_embedding.weight)[None, :tokens]
        x = g.node("Add", words, g.weight(places))
        for layer in body.encoder.layers:
            x = _layer(g, layer, x)
        text = layer_norm(g, body.final_layer_norm, x)
        g.save({"input_ids": (INT64, [1, tokens])}, {"text": text})
    finally:
        g.close()


def _layer(g: GraphWriter, layer: Any, x: str) -> str:
    expect(layer, "CLIPEncoderLayer")
    attention = layer.self_attn
    y = layer_norm(g, layer.layer_norm1, x)
    parts = (linear(g, part, y) for part in (attention.q_proj, attention.k_proj, attention.v_proj))
    y = attend(g, attention.num_heads, *parts, is_causal=True)
    x = g.node("Add", x, linear(g, attention.out_proj, y))
    y = activation(g, layer.mlp.activation_fn, linear(g, layer.mlp.fc1, layer_norm(g, layer.layer_norm2, x)))
    return g.node("Add", x, linear(g, layer.mlp.fc2, y))
