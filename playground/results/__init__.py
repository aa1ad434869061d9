"""Results drawn for their kind: one small file for each way to draw, chosen by the Hub's name of the task."""

from __future__ import annotations

from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.client import Reply
    from playground.form import Request

DRAWN_BY = {
    "automatic-speech-recognition": "transcript",
    "feature-extraction": "vectors",
    "fill-mask": "bars",
    "image-classification": "bars",
    "question-answering": "answers",
    "sentence-similarity": "nearness",
    "summarization": "texts",
    "text-classification": "bars",
    "text-generation": "texts",
    "text-to-image": "picture",
    "token-classification": "entities",
    "translation": "texts",
    "zero-shot-classification": "bars",
}
"""Pipeline tag -> module here with ``draw(inputs, result)``; any other task's result is shown as it came."""


def draw(task: str, request: Request, reply: Reply) -> str:
    """HTML of an answer: of each input by itself, where there were several."""
    module = import_module(f"{__name__}.{DRAWN_BY.get(task, 'plain')}")
    one: Callable[[Any, Any], str] = module.draw
    if not reply.is_json:
        return one(request.inputs, reply)
    result = reply.json()
    if not isinstance(request.inputs, list):
        return one(request.inputs, result)
    parts = (
        f'<section class="one-of-several"><h4>{escape(_title(given))}</h4>{one(given, each)}</section>'
        for given, each in zip(request.inputs, result, strict=True)
    )
    several: Callable[[Any, Any], str] | None = getattr(module, "compare", None)
    return "".join(parts) + (several(request.inputs, result) if several and len(result) > 1 else "")


def _title(given: Any) -> str:
    return given if isinstance(given, str) and len(given) < 400 else "One input"
