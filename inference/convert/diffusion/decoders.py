"""Latents to pixels: the decoders of ``AutoencoderKL`` and ``AutoencoderTiny`` as ONNX graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.diffusion.graph_writer import FLOAT, GraphWriter
from inference.convert.diffusion.layers import (
    activation,
    attention,
    conv,
    divided,
    doubled,
    expect,
    group_norm,
    kind,
    resnet,
    to_picture,
    to_tokens,
)
from inference.convert.diffusion.upsampling import doubled_and_convolved
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from pathlib import Path


def write_decoder(vae: Any, path: Path, *, halves: bool) -> None:
    """Write the graph ``latents`` (1, channels, height, width) -> ``pixels`` (1, 3, 8 height, 8 width).

    The latents are as the last step leaves them; pixels go from -1 to 1. Raises :class:`Unsupported` for a
    network that is not known.
    """
    expect(vae, "AutoencoderKL", "AutoencoderTiny")
    g = GraphWriter(path, halves=halves)
    try:
        pixels = _kl(g, vae) if kind(vae) == "AutoencoderKL" else _tiny(g, vae)
        sizes: list[int | str] = [1, vae.config.latent_channels, "height", "width"]
        g.save({"latents": (FLOAT, sizes)}, {"pixels": pixels})
    finally:
        g.close()


def _unscaled(g: GraphWriter, vae: Any) -> str:
    """As the pipeline does it, which leaves a shift out where a model has one."""
    return divided(g, "latents", float(vae.config.scaling_factor))


def _kl(g: GraphWriter, vae: Any) -> str:
    decoder = vae.decoder
    x = _unscaled(g, vae)
    if vae.post_quant_conv is not None:
        x = conv(g, vae.post_quant_conv, x)
    x = conv(g, decoder.conv_in, x)
    middle = decoder.mid_block
    expect(middle, "UNetMidBlock2D")
    x = resnet(g, middle.resnets[0], x)
    for attended, layer in zip(middle.attentions, middle.resnets[1:], strict=True):
        if attended is not None:
            x = _attention(g, attended, x)
        x = resnet(g, layer, x)
    for block in decoder.up_blocks:
        expect(block, "UpDecoderBlock2D")
        for layer in block.resnets:
            x = resnet(g, layer, x)
        for sampler in block.upsamplers or ():
            expect(sampler, "Upsample2D")
            if not sampler.use_conv or sampler.norm is not None or sampler.use_conv_transpose:
                raise Unsupported("its decoder makes pictures larger in a way that is not known")
            x = doubled_and_convolved(g, sampler.conv, x)
    x = activation(g, decoder.conv_act, group_norm(g, decoder.conv_norm_out, x))
    return conv(g, decoder.conv_out, x)


def _attention(g: GraphWriter, module: Any, x: str) -> str:
    """Over all places of the picture."""
    y = x if module.group_norm is None else group_norm(g, module.group_norm, x)
    y = to_picture(g, attention(g, module, to_tokens(g, y, module.to_q.in_features)), x)
    if module.residual_connection:
        y = g.node("Add", y, x)
    return divided(g, y, module.rescale_output_factor)


def _tiny(g: GraphWriter, vae: Any) -> str:
    """Convolutions and nothing else (TAESD)."""
    import numpy as np

    three = g.constant(np.float32(3))
    x = g.node("Mul", g.node("Tanh", g.node("Div", _unscaled(g, vae), three)), three)
    for layer in vae.decoder.layers:
        if kind(layer) == "Conv2d":
            x = conv(g, layer, x)
        elif kind(layer) == "ReLU":
            x = g.node("Relu", x)
        elif kind(layer) == "AutoencoderTinyBlock":
            x = _tiny_block(g, layer, x)
        elif kind(layer) == "Upsample" and layer.mode == "nearest" and layer.scale_factor == 2:
            x = doubled(g, x)
        else:
            raise Unsupported(f"its decoder has a layer that is not known: {kind(layer)}")
    return g.node("Sub", g.node("Mul", x, g.constant(np.float32(2))), g.constant(np.float32(1)))


def _tiny_block(g: GraphWriter, block: Any, x: str) -> str:
    first, act, second, _, third = block.conv
    expect(act, "ReLU")
    y = g.node("Relu", conv(g, first, x))
    y = conv(g, third, g.node("Relu", conv(g, second, y)))
    past = x if kind(block.skip) == "Identity" else conv(g, block.skip, x)
    return g.node("Relu", g.node("Add", y, past))
