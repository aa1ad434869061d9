"""The weights of an ONNX graph, one at a time: read from where they lie, written one after another.

A graph that holds its weights is copied whole by whatever edits it; one that names them in files takes no
more memory than the weight in hand. So a model is converted in little more memory than serving it takes.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inference.engines.onnx.session import data_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray

ALIGNMENT_BYTES = 64
"""Where a weight begins in its file, so that it can be mapped and used as it lies."""
INLINE_BYTES = 1024
"""Below this a weight stays in the graph: some are axes and shapes, which its readers must see."""


class GraphWeights:
    """The initializers of a model whose large ones stand in files of its folder."""

    def __init__(self, model: Any, folder: Path, file: BinaryIO, location: str) -> None:
        self._graph = model.graph
        self._folder = folder
        self._file = file
        self._location = location
        self._tensors = {item.name: item for item in self._graph.initializer}

    def shape(self, name: str) -> tuple[int, ...]:
        """Of an initializer; empty for a name that is none, and for a scalar."""
        return tuple(self._tensors[name].dims) if name in self._tensors else ()

    def is_fp32(self, name: str) -> bool:
        import onnx

        return name in self._tensors and self._tensors[name].data_type == onnx.TensorProto.FLOAT

    def read(self, name: str) -> NDArray[np.float32]:
        """An fp32 initializer, mapped where it stands in a file."""
        import numpy as np
        from onnx import TensorProto, numpy_helper

        tensor = self._tensors[name]
        if tensor.data_location != TensorProto.EXTERNAL:
            return np.asarray(numpy_helper.to_array(tensor), np.float32)
        place = {entry.key: entry.value for entry in tensor.external_data}
        path = self._folder / place["location"]
        offset = int(place.get("offset", 0))
        return np.memmap(path, np.float32, "r", offset, tuple(tensor.dims))

    def add(self, name: str, values: NDArray[Any]) -> str:
        """A new initializer, in the file if it is large; returns its name."""
        from onnx import numpy_helper

        small = values.nbytes < INLINE_BYTES
        self._tensors[name] = numpy_helper.from_array(values, name) if small else self._write(name, values)
        self._graph.initializer.append(self._tensors[name])  # for who looks for constants there
        return name

    def _write(self, name: str, values: NDArray[Any]) -> Any:
        import numpy as np
        from onnx import TensorProto, helper

        self._file.write(b"\0" * (-self._file.tell() % ALIGNMENT_BYTES))
        place = {"location": self._location, "offset": self._file.tell(), "length": values.nbytes}
        self._file.write(np.ascontiguousarray(values).data)
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        tensor = TensorProto(name=name, dims=values.shape, data_type=kind, data_location=TensorProto.EXTERNAL)
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        return tensor

    def close(self) -> None:
        """Put what nodes still use into the graph; nothing else stays."""
        used = {name for node in self._graph.node for name in node.input}
        used |= {item.name for item in self._graph.output}
        del self._graph.initializer[:]
        self._graph.initializer.extend(item for name, item in self._tensors.items() if name in used)
        kept = [item for item in self._graph.input if item.name not in self._tensors]
        del self._graph.input[:]
        self._graph.input.extend(kept)


@contextmanager
def edited(graph: Path, target: Path) -> Iterator[tuple[Any, GraphWeights]]:
    """A model to be edited, and its weights; afterwards it stands in ``target``, in the same folder.

    New weights go to a file beside it, old ones stay where they are.
    """
    import onnx

    model = onnx.load(graph, load_external_data=False)
    with data_of(target).open("wb") as file:
        weights = GraphWeights(model, graph.parent, file, data_of(target).name)
        yield model, weights
    weights.close()
    onnx.save_model(model, target)
