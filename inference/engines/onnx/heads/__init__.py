"""One file for each pipeline tag that ONNX Runtime serves, named after the tag; each sets ``HEAD``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.engines.onnx.head import Head


def head_class(pipeline_tag: str) -> type[Head]:
    """The head that serves a pipeline tag."""
    head: type[Head] = import_module(f"{__name__}.{pipeline_tag.replace('-', '_')}").HEAD
    return head
