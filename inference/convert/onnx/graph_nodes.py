"""The nodes of an ONNX graph: some exchanged for others that compute the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def exchange(model: Any, is_chosen: Callable[[Any], bool], instead: Callable[[Any], list[Any]]) -> None:
    """Put ``instead(node)`` in the place of every chosen node of a model, in order."""
    nodes = [each for node in model.graph.node for each in (instead(node) if is_chosen(node) else [node])]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
