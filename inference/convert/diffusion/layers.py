"""Layers of diffusers and transformers as nodes of ONNX: one function for each kind of module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.convert.diffusion.graph_writer import OWN
from inference.engines.engine import Unsupported

if TYPE_CHECKING:
    from inference.convert.diffusion.graph_writer import GraphWriter

ACTIVATIONS = {"SiLU": "silu", "GELU": "gelu", "GELUActivation": "gelu", "QuickGELUActivation": "quick_gelu"}
QUICK_GELU = 1.702
PLAIN_NORMS = ("default", "group")
"""What decoders call the same: a shift by the step's embedding where there is one."""


def kind(module: Any) -> str:
    return type(module).__name__


def expect(module: Any, *names: str) -> None:
    """Raises :class:`Unsupported` for a module of a class that is not known here."""
    if kind(module) not in names:
        raise Unsupported(f"its network has a layer that is not known: {kind(module)}")


def numpy_of(tensor: Any) -> Any:
    """A parameter in fp32, without a copy where it has that type."""
    return tensor.detach().float().numpy()


def linear(g: GraphWriter, module: Any, x: str) -> str:
    """(..., in) -> (..., out)."""
    expect(module, "Linear")
    y = g.node("MatMul", x, g.weight(numpy_of(module.weight).T, key=id(module.weight)))
    return y if module.bias is None else g.node("Add", y, g.weight(numpy_of(module.bias)))


def conv(g: GraphWriter, module: Any, x: str, *, padding: tuple[int, ...] | None = None) -> str:
    """A convolution of one group; ``padding``: top, left, bottom, right, where it is not the module's."""
    expect(module, "Conv2d", "LoRACompatibleConv")
    if module.groups != 1 or set(module.dilation) != {1} or isinstance(module.padding, str):
        raise Unsupported("its network has convolutions of a kind that is not known")
    pads = padding or (*module.padding, *module.padding)
    inputs = [x, g.weight(numpy_of(module.weight))]
    if module.bias is not None:
        inputs.append(g.weight(numpy_of(module.bias)))
    return g.node("Conv", *inputs, pads=list(pads), strides=list(module.stride))


def group_norm(g: GraphWriter, module: Any, x: str) -> str:
    """Of (1, channels, height, width): each channel times a factor and plus a shift of its group.

    Written out, because ONNX Runtime has no such operator for processors.
    """
    import numpy as np

    expect(module, "GroupNorm")
    groups, channels = module.num_groups, module.num_channels
    flat = g.node("Reshape", x, g.constant([1, groups, -1]))
    last = g.constant([-1])
    mean = g.node("ReduceMean", flat, last, keepdims=1)
    squares = g.node("ReduceSumSquare", flat, last, keepdims=1)
    count = g.node("Cast", g.node("Gather", g.node("Shape", flat), g.constant(2)), to=1)
    variance = g.node("Sub", g.node("Div", squares, count), g.node("Mul", mean, mean))
    variance = g.node("Max", variance, g.constant(np.float32(0)))
    deviation = g.node("Sqrt", g.node("Add", variance, g.constant(np.float32(module.eps))))
    shape = (1, groups, channels // groups)
    factor = g.node("Div", g.weight(numpy_of(module.weight).reshape(shape)), deviation)
    shift = g.node("Sub", g.weight(numpy_of(module.bias).reshape(shape)), g.node("Mul", mean, factor))
    to = g.constant([1, channels, 1, 1])
    scaled = g.node("Mul", x, g.node("Reshape", factor, to))
    return g.node("Add", scaled, g.node("Reshape", shift, to))


def layer_norm(g: GraphWriter, module: Any, x: str) -> str:
    expect(module, "LayerNorm")
    parameters = (g.weight(numpy_of(module.weight)), g.weight(numpy_of(module.bias)))
    return g.node("LayerNormalization", x, *parameters, axis=-1, epsilon=float(module.eps))


def activation(g: GraphWriter, module: Any, x: str) -> str:
    """Raises :class:`Unsupported` for one that is not known."""
    expect(module, *ACTIVATIONS)
    return activate(g, ACTIVATIONS[kind(module)], x)


def activate(g: GraphWriter, name: str, x: str) -> str:
    if name == "gelu":
        return g.node("Gelu", x)
    return g.node("QuickGelu", x, domain=OWN, alpha=1.0 if name == "silu" else QUICK_GELU)


def attend(g: GraphWriter, heads: int, query: str, key: str, value: str, *, is_causal: bool = False) -> str:
    """Scaled dot products of (1, tokens, heads * size) each."""
    options = {"unidirectional": 1} if is_causal else {}
    return g.node("MultiHeadAttention", query, key, value, domain=OWN, num_heads=heads, **options)


def attention(g: GraphWriter, module: Any, x: str, other: str | None = None) -> str:
    """Of diffusers, on tokens; keys and values come from ``other`` where it is given."""
    expect(module, "Attention")
    unknown = (module.spatial_norm, module.norm_q, module.norm_k, module.norm_cross, module.add_k_proj)
    if any(part is not None and part is not False for part in unknown):
        raise Unsupported("its network has attention of a kind that is not known")
    source = x if other is None else other
    y = attend(
        g,
        module.heads,
        linear(g, module.to_q, x),
        linear(g, module.to_k, source),
        linear(g, module.to_v, source),
    )
    return linear(g, module.to_out[0], y)


def to_tokens(g: GraphWriter, x: str, channels: int) -> str:
    """(1, channels, height, width) -> (1, height * width, channels)."""
    return g.node("Transpose", g.node("Reshape", x, g.constant([1, channels, -1])), perm=[0, 2, 1])


def to_picture(g: GraphWriter, tokens: str, like: str) -> str:
    """Back to the shape of ``like``."""
    return g.node("Reshape", g.node("Transpose", tokens, perm=[0, 2, 1]), g.node("Shape", like))


def resnet(g: GraphWriter, module: Any, x: str, time: str | None = None) -> str:
    """``time``: the activated embedding of the step, of shape (1, size)."""
    expect(module, "ResnetBlock2D")
    resized = module.upsample is not None or module.downsample is not None
    if resized or module.time_embedding_norm not in PLAIN_NORMS:
        raise Unsupported("its network has residual blocks of a kind that is not known")
    y = activation(g, module.nonlinearity, group_norm(g, module.norm1, x))
    y = conv(g, module.conv1, y)
    if module.time_emb_proj is not None:
        if time is None or module.skip_time_act:
            raise Unsupported("its network has residual blocks of a kind that is not known")
        shift = linear(g, module.time_emb_proj, time)
        y = g.node("Add", y, g.node("Reshape", shift, g.constant([1, -1, 1, 1])))
    y = activation(g, module.nonlinearity, group_norm(g, module.norm2, y))
    y = conv(g, module.conv2, y)
    if module.conv_shortcut is not None:
        x = conv(g, module.conv_shortcut, x)
    return divided(g, g.node("Add", x, y), module.output_scale_factor)


def divided(g: GraphWriter, x: str, by: float) -> str:
    import numpy as np

    return x if by == 1 else g.node("Div", x, g.constant(np.float32(by)))


def doubled(g: GraphWriter, x: str) -> str:
    """Each pixel four times."""
    import numpy as np

    scales = g.constant(np.array([1, 1, 2, 2], np.float32))
    modes = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    return g.node("Resize", x, "", scales, **modes)
