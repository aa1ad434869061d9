"""``UNet2DConditionModel`` of diffusers as an ONNX graph: what Stable Diffusion 1 and 2 have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.diffusion.graph_writer import FLOAT, GraphWriter
from inference.convert.diffusion.layers import (
    activation,
    attention,
    conv,
    doubled,
    expect,
    group_norm,
    layer_norm,
    linear,
    resnet,
    to_picture,
    to_tokens,
)
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from pathlib import Path

PLAIN: dict[str, tuple[Any, ...]] = {
    "addition_embed_type": (None,),
    "attention_type": ("default",),
    "center_input_sample": (False,),
    "class_embed_type": (None,),
    "class_embeddings_concat": (False,),
    "encoder_hid_dim": (None,),
    "encoder_hid_dim_type": (None,),
    "num_class_embeds": (None,),
    "time_embedding_act_fn": (None,),
    "time_embedding_type": ("positional",),
    "timestep_post_act": (None,),
}
"""Settings of the network, and the values that this writer knows."""


def write_unet(unet: Any, path: Path, *, halves: bool) -> None:
    """Write the graph of one step; raises :class:`Unsupported` for a network that is not known.

    Inputs: ``sample`` (1, channels, height, width), ``timestep`` (1), ``text`` (1, tokens, size), and
    ``guidance`` (1, size) where the network was distilled with guidance. Output: ``noise``, as ``sample``.
    """
    config = unet.config
    for name, known in PLAIN.items():
        if getattr(config, name, known[0]) not in known:
            raise Unsupported(f"its network has a setting that is not known: {name}")
    g = GraphWriter(path, halves=halves)
    try:
        sizes: list[int | str] = [1, config.in_channels, "height", "width"]
        inputs: dict[str, tuple[int, list[int | str]]] = {
            "sample": (FLOAT, sizes),
            "timestep": (FLOAT, [1]),
            "text": (FLOAT, [1, "tokens", config.cross_attention_dim]),
        }
        if config.time_cond_proj_dim:
            inputs["guidance"] = (FLOAT, [1, config.time_cond_proj_dim])
        noise = _walk(g, unet, _time(g, unet, has_guidance="guidance" in inputs))
        g.save(inputs, {"noise": noise})
    finally:
        g.close()


def _walk(g: GraphWriter, unet: Any, time: str) -> str:
    x = conv(g, unet.conv_in, "sample")
    skips = [x]
    for block in unet.down_blocks:
        x = _down(g, block, x, time, skips)
    x = _middle(g, unet.mid_block, x, time)
    for block in unet.up_blocks:
        x = _up(g, block, x, time, skips)
    if unet.conv_norm_out is not None:
        x = activation(g, unet.conv_act, group_norm(g, unet.conv_norm_out, x))
    return conv(g, unet.conv_out, x)


def _time(g: GraphWriter, unet: Any, *, has_guidance: bool) -> str:
    """The embedding of a step, activated as every residual block wants it."""
    import numpy as np

    waves = unet.time_proj
    half = waves.num_channels // 2
    steps = np.arange(half, dtype=np.float32) / np.float32(half - waves.downscale_freq_shift)
    frequencies = np.exp(-np.log(np.float32(10_000)) * steps) * np.float32(waves.scale)
    angles = g.node("Mul", g.node("Reshape", "timestep", g.constant([1, 1])), g.constant(frequencies[None]))
    sine, cosine = g.node("Sin", angles), g.node("Cos", angles)
    y = g.node("Concat", *((cosine, sine) if waves.flip_sin_to_cos else (sine, cosine)), axis=-1)
    embedding = unet.time_embedding
    if has_guidance:
        y = g.node("Add", y, linear(g, embedding.cond_proj, "guidance"))
    y = linear(g, embedding.linear_2, activation(g, embedding.act, linear(g, embedding.linear_1, y)))
    if embedding.post_act is not None:
        y = activation(g, embedding.post_act, y)
    return activation(g, unet.down_blocks[0].resnets[0].nonlinearity, y)


def _down(g: GraphWriter, block: Any, x: str, time: str, skips: list[str]) -> str:
    expect(block, "DownBlock2D", "CrossAttnDownBlock2D")
    attentions = getattr(block, "attentions", [None] * len(block.resnets))
    for layer, attended in zip(block.resnets, attentions, strict=True):
        x = resnet(g, layer, x, time)
        if attended is not None:
            x = _transformer(g, attended, x)
        skips.append(x)
    for sampler in block.downsamplers or ():
        expect(sampler, "Downsample2D")
        if not sampler.use_conv or sampler.norm is not None:
            raise Unsupported("its network is made smaller in a way that is not known")
        x = conv(g, sampler.conv, x, padding=None if sampler.padding else (0, 0, 1, 1))
        skips.append(x)
    return x


def _middle(g: GraphWriter, block: Any, x: str, time: str) -> str:
    if block is None:
        return x
    expect(block, "UNetMidBlock2DCrossAttn", "UNetMidBlock2D")
    x = resnet(g, block.resnets[0], x, time)
    for attended, layer in zip(block.attentions, block.resnets[1:], strict=True):
        if attended is not None:
            x = _transformer(g, attended, x)
        x = resnet(g, layer, x, time)
    return x


def _up(g: GraphWriter, block: Any, x: str, time: str, skips: list[str]) -> str:
    expect(block, "UpBlock2D", "CrossAttnUpBlock2D")
    attentions = getattr(block, "attentions", [None] * len(block.resnets))
    for layer, attended in zip(block.resnets, attentions, strict=True):
        x = resnet(g, layer, g.node("Concat", x, skips.pop(), axis=1), time)
        if attended is not None:
            x = _transformer(g, attended, x)
    for sampler in block.upsamplers or ():
        expect(sampler, "Upsample2D")
        if not sampler.use_conv or sampler.norm is not None or sampler.use_conv_transpose:
            raise Unsupported("its network is made larger in a way that is not known")
        # An odd size was rounded up on its way down: the last row or column is one too many.
        end = g.node("Slice", g.node("Shape", skips[-1]), g.constant([2]), g.constant([4]))
        x = g.node("Slice", doubled(g, x), g.constant([0, 0]), end, g.constant([2, 3]))
        x = conv(g, sampler.conv, x)
    return x


def _transformer(g: GraphWriter, module: Any, x: str) -> str:
    expect(module, "Transformer2DModel")
    if not module.is_input_continuous:
        raise Unsupported("its network has transformers of a kind that is not known")
    y = group_norm(g, module.norm, x)
    if module.use_linear_projection:
        tokens = linear(g, module.proj_in, to_tokens(g, y, module.in_channels))
    else:
        tokens = to_tokens(g, conv(g, module.proj_in, y), module.inner_dim)
    for block in module.transformer_blocks:
        tokens = _transformer_block(g, block, tokens)
    if module.use_linear_projection:
        y = to_picture(g, linear(g, module.proj_out, tokens), x)
    else:
        shape = g.node("Concat", g.constant([1, module.inner_dim]), _size(g, x), axis=0)
        y = g.node("Reshape", g.node("Transpose", tokens, perm=[0, 2, 1]), shape)
        y = conv(g, module.proj_out, y)
    return g.node("Add", y, x)


def _size(g: GraphWriter, x: str) -> str:
    """Height and width."""
    return g.node("Slice", g.node("Shape", x), g.constant([2]), g.constant([4]))


def _transformer_block(g: GraphWriter, block: Any, x: str) -> str:
    expect(block, "BasicTransformerBlock")
    if block.norm_type != "layer_norm" or block.pos_embed is not None or block.attn2 is None:
        raise Unsupported("its network has transformers of a kind that is not known")
    own = "text" if block.only_cross_attention else None
    x = g.node("Add", attention(g, block.attn1, layer_norm(g, block.norm1, x), own), x)
    other = "text" if block.attn2.is_cross_attention else None
    x = g.node("Add", attention(g, block.attn2, layer_norm(g, block.norm2, x), other), x)
    return g.node("Add", _feed_forward(g, block.ff, layer_norm(g, block.norm3, x)), x)


def _feed_forward(g: GraphWriter, module: Any, x: str) -> str:
    first, last = module.net[0], module.net[2]
    expect(first, "GEGLU", "GELU")
    y = linear(g, first.proj, x)
    if type(first).__name__ == "GELU":
        if first.approximate != "none":
            raise Unsupported("its network has activations that are not known")
        return linear(g, last, g.node("Gelu", y))
    value, gate = g.nodes("Split", 2, y, axis=-1, num_outputs=2)
    return linear(g, last, g.node("Mul", value, g.node("Gelu", gate)))
