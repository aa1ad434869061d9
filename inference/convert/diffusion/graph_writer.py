"""An ONNX graph in the making: nodes in memory, weights straight into the file beside it.

The exporter of torch would trace these networks for minutes and hold their weights twice. Their layers are
few and known, so they are written here one by one; the proof holds the result against torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engines.onnx.session import data_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

ALIGNMENT_BYTES = 64
"""Where a weight begins in its file, so that it can be mapped and used as it lies."""
INLINE_BYTES = 1024
LARGE = 1 << 14
"""Elements from which on a weight may be stored in sixteen bits."""
OPSET, IR_VERSION, OWN_OPSET = 20, 10, 1
OWN = "com.microsoft"
"""Operators that ONNX Runtime has beside the standard's."""
FLOAT, INT64 = 1, 7


class GraphWriter:
    """Writes one graph. Values are their names."""

    def __init__(self, path: Path, *, halves: bool) -> None:
        """``halves``: large weights are stored in fp16, and cast to fp32 where they are used."""
        self._path = path
        self._halves = halves
        self._nodes: list[Any] = []
        self._initializers: list[Any] = []
        self._named: dict[Any, str] = {}
        self._count = 0
        self._file = data_of(path).open("wb")

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append an operator; returns the name of its output."""
        return self.nodes(operator, 1, *inputs, domain=domain, **attributes)[0]

    def nodes(
        self, operator: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any
    ) -> list[str]:
        """The same for an operator of several outputs."""
        from onnx.helper import make_node

        self._count += 1
        names = [f"{operator}_{self._count}_{index}" for index in range(outputs)]
        name = f"{operator}_{self._count}"
        self._nodes.append(make_node(operator, list(inputs), names, name=name, domain=domain, **attributes))
        return names

    def weight(self, values: NDArray[Any], key: Any = None) -> str:
        """An fp32 value made of a weight; one ``key`` is written once.

        Raises :class:`OverflowError` for a weight that sixteen bits cannot hold.
        """
        import numpy as np

        if key is not None and key in self._named:
            return self._named[key]
        stored = self._stored(values)
        name = self._store(stored)
        if stored.dtype == np.float16:
            name = self.node("Cast", name, to=FLOAT)
        if key is not None:
            self._named[key] = name
        return name

    def table(self, values: NDArray[Any], ids: str) -> str:
        """Rows of a table: only those that are asked for become fp32."""
        rows = self.node("Gather", self._store(self._stored(values)), ids)
        return (
            self.node("Cast", rows, to=FLOAT) if self._halves else rows
        )  # a small table is cast for nothing

    def constant(self, values: Sequence[int] | NDArray[Any] | np.floating[Any] | int) -> str:
        """A small value of the graph itself: whole numbers as int64, others as fp32."""
        import numpy as np

        array = np.asarray(values)
        array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._named:
            self._named[key] = self._store(array)
        return self._named[key]

    def _stored(self, values: NDArray[Any]) -> NDArray[Any]:
        import numpy as np

        if not self._halves or values.size < LARGE:
            return values.astype(np.float32, copy=False)
        with np.errstate(over="ignore"):
            stored = values.astype(np.float16)
        if not np.isfinite(stored).all():
            raise OverflowError("a weight is larger than fp16 can hold")
        return stored

    def _store(self, values: NDArray[Any]) -> str:
        import numpy as np
        from onnx import TensorProto, helper, numpy_helper

        name = f"w{len(self._initializers)}"
        if values.nbytes < INLINE_BYTES:
            self._initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
            return name
        self._file.write(b"\0" * (-self._file.tell() % ALIGNMENT_BYTES))
        place = {"location": data_of(self._path).name, "offset": self._file.tell(), "length": values.nbytes}
        self._file.write(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor = TensorProto(name=name, dims=values.shape, data_type=kind, data_location=TensorProto.EXTERNAL)
        for entry, value in place.items():
            tensor.external_data.add(key=entry, value=str(value))
        self._initializers.append(tensor)
        return name

    def save(self, inputs: Mapping[str, tuple[int, Sequence[int | str]]], outputs: Mapping[str, str]) -> None:
        """Write the graph. ``inputs``: name -> type and shape; ``outputs``: name -> value."""
        import onnx
        from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

        self._file.close()
        ends = [make_node("Identity", [value], [name], name=name) for name, value in outputs.items()]
        graph = make_graph(
            [*self._nodes, *ends],
            self._path.stem,
            [make_tensor_value_info(name, kind, shape) for name, (kind, shape) in inputs.items()],
            [make_tensor_value_info(name, FLOAT, None) for name in outputs],
            self._initializers,
        )
        versions = [make_opsetid("", OPSET), make_opsetid(OWN, OWN_OPSET)]
        onnx.save_model(make_model(graph, opset_imports=versions, ir_version=IR_VERSION), self._path)

    def close(self) -> None:
        """Let the file go, where the graph is given up."""
        self._file.close()
