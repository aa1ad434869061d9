"""A repository's own ``onnx/model.onnx``: read as data, checked, and written anew before any session sees it.

The file is a stranger's. Weights in other files, operators beyond ONNX's own, functions and branches are
refused, so that running the graph reads no file and does nothing but arithmetic on its inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.engine import Unsupported
from inference.engines.onnx.session import data_of
from inference.engines.torch.encoder import PIXELS, TEXT_INPUTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "onnx/model.onnx"
"""Where exporters put the plain fp32 graph."""
OWN_DOMAINS = ("", "ai.onnx")
OLDEST_OPSET = 11
"""The first with the operators of dynamic int8."""


def adopt(source: Path, target: Path, outputs: tuple[str, ...], size: tuple[int, int] | None) -> None:
    """Write a graph that takes what our heads give and gives the named outputs alone, in their order.

    ``size`` is the height and width of pictures, for a model that reads them. Raises :class:`Unsupported`.
    """
    import onnx

    try:
        model = onnx.load_model(source, load_external_data=False)
    except MemoryError:
        raise
    except Exception as error:
        raise Unsupported("it is no ONNX file") from error
    _check_operators(model)
    _check_weights(model)
    _check_inputs(model, size)
    found = {item.name: item for item in model.graph.output}
    if lacking := [name for name in outputs if name not in found]:
        raise Unsupported(f"it gives no {' and no '.join(lacking)}")
    wanted = [found[name] for name in outputs]
    if any(item.type.tensor_type.elem_type != onnx.TensorProto.FLOAT for item in wanted):
        raise Unsupported("its outputs are not fp32")
    del model.graph.output[:]
    model.graph.output.extend(wanted)
    for number, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{number}"  # variants tell nodes apart by name
    onnx.save_model(model, target, save_as_external_data=True, location=data_of(target).name)


def _check_operators(model: Any) -> None:
    opsets = {item.domain: item.version for item in model.opset_import}
    domains = {*opsets, *(node.domain for node in model.graph.node)}
    if strange := sorted(domains - set(OWN_DOMAINS)):
        raise Unsupported(f"it has operators beyond ONNX's own: {strange[0][:40]}")
    if model.functions or model.training_info:
        raise Unsupported("it has functions of its own")
    if max(opsets.values(), default=0) < OLDEST_OPSET:
        raise Unsupported(f"it is older than opset {OLDEST_OPSET}")
    if any(attribute.HasField("g") or attribute.graphs for attribute in _attributes(model)):
        raise Unsupported("it has branches or loops")


def _check_weights(model: Any) -> None:
    import onnx

    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
            raise Unsupported("its weights stand in other files")


def _attributes(model: Any) -> Iterator[Any]:
    for node in model.graph.node:
        yield from node.attribute


def _tensors(model: Any) -> Iterator[Any]:
    """All that hold numbers: weights, and constants of nodes."""
    sparse = list(model.graph.sparse_initializer)
    yield from model.graph.initializer
    for attribute in _attributes(model):
        yield attribute.t
        yield from attribute.tensors
        sparse += [attribute.sparse_tensor, *attribute.sparse_tensors]
    for item in sparse:
        yield from (item.values, item.indices)


def _check_inputs(model: Any, size: tuple[int, int] | None) -> None:
    """Any number of tokens in a batch of one, or pictures of the size that the processor makes."""
    import onnx

    weights = {item.name for item in model.graph.initializer}
    inputs = {item.name: item.type.tensor_type for item in model.graph.input if item.name not in weights}
    known = TEXT_INPUTS if size is None else (PIXELS,)
    if strange := sorted(inputs.keys() - set(known)):
        raise Unsupported(f"it wants an input that heads do not give: {strange[0][:40]}")
    if known[0] not in inputs:
        raise Unsupported(f"it takes no {known[0]}")
    number = onnx.TensorProto.INT64 if size is None else onnx.TensorProto.FLOAT
    wanted: tuple[int | None, ...] = (1, None) if size is None else (1, 3, *size)
    for name, tensor in inputs.items():
        if tensor.elem_type != number or not _takes(tensor.shape.dim, wanted):
            raise Unsupported(f"its {name} is of another type or shape")


def _takes(dimensions: Any, wanted: tuple[int | None, ...]) -> bool:
    """Whether each dimension is free, or is the one that we give; ``None``: it must be free."""
    fixed = [item.dim_value if item.HasField("dim_value") else None for item in dimensions]
    return len(fixed) == len(wanted) and all(
        have is None or have == want for have, want in zip(fixed, wanted, strict=True)
    )
