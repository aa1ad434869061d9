"""What a head declares: all that the engines and the conversion need to know of its pipeline tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from inference.engines.engine import Engine
from inference.engines.onnx.model_types import TEXT_MODEL_TYPES
from inference.engines.onnx.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from inference.task import Call

    Outputs = list[NDArray[np.float32]]
    Forward = Callable[[dict[str, NDArray[Any]]], Outputs]
    """Named inputs -> the model's outputs, in the order of ``Head.OUTPUTS``."""

T = TypeVar("T")


class Head(Engine):
    """An engine over any model that runs: an ONNX session in serving, torch in the proof."""

    AUTO_CLASS: ClassVar[str]
    """The class of transformers that reads a repository for this head."""
    OUTPUTS: ClassVar[tuple[str, ...]]
    """The outputs of the torch model that the graph gives, in this order."""
    UNREAD: ClassVar[tuple[str, ...]] = ()
    """Parts of the torch model that these outputs do not depend on: their weights may be missing."""
    MODEL_TYPES: ClassVar[frozenset[str]] = TEXT_MODEL_TYPES
    """The architectures that are converted to ONNX."""
    READS_PICTURES: ClassVar[bool] = False
    """Whether inputs are pictures instead of texts."""
    READS_TEXT: ClassVar[bool] = True
    """Whether a tokenizer stands before the model; else one that is written in Python does no harm."""
    FILES: ClassVar[tuple[str, ...]] = ()
    """Files of the repository that this head reads, besides those that every head does."""
    HAS_OWN_GRAPHS: ClassVar[bool] = True
    """Whether a repository's ``onnx/model.onnx`` can be what this head runs."""
    TAKES_LISTS: ClassVar[bool] = True
    """Whether it is worth to find out how lists of inputs are run fastest."""
    HAS_PIPELINE: ClassVar[bool] = True
    """Whether transformers has a pipeline that answers in the same shape."""

    def __init__(self, folder: Path, forward: Forward) -> None:
        """``folder`` holds the artifact's config and tokenizer."""
        self._forward = forward

    @classmethod
    def serves(cls, config: Mapping[str, Any]) -> bool:
        """Whether a model with this ``config.json`` is one that the head can be put over."""
        return True

    def list_step(self, call: Call) -> int:
        """1: an answer does not depend on the inputs beside it."""
        return 1

    def _forward_all(
        self, inputs: Sequence[dict[str, NDArray[Any]]], take: Callable[[int, Outputs], T]
    ) -> list[T]:
        """``take(index, outputs)`` of every input, in order; a session may call it from several threads."""
        if isinstance(self._forward, Session):
            return self._forward.map(inputs, take)
        return [take(index, self._forward(each)) for index, each in enumerate(inputs)]
