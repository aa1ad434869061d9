"""Results drawn for their kind: one small file for each way to draw, chosen by pipeline tag."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.client import Reply
    from playground.form import Request

PLAIN = "plain"
"""Shows a result as it came."""


@cache
def drawn_by() -> dict[str, str]:
    """Pipeline tag -> module here with ``draw(inputs, result)``; each names its tags."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    return {tag: name for name in names for tag in import_module(f"{__name__}.{name}").TAGS}


def draw(task: str, request: Request, reply: Reply) -> str:
    """HTML of an answer: of each input by itself, where there were several."""
    module = _module(task)
    one: Callable[[Any, Any], str] = module.draw
    if not reply.is_json:
        return one(request.inputs, reply)
    result = reply.json()
    if not isinstance(request.inputs, list):
        return one(request.inputs, result)
    parts = (
        f'<section class="one-of-several"><h3>{escape(_title(given))}</h3>{one(given, each)}</section>'
        for given, each in zip(request.inputs, result, strict=True)
    )
    several: Callable[[Any, Any], str] | None = getattr(module, "compare", None)
    together = several(request.inputs, result) if several and len(result) > 1 else ""
    return together + "".join(parts)


def draw_one(task: str, inputs: Any, result: Any) -> str:
    """HTML of the answer to a single input."""
    drawn: str = _module(task).draw(inputs, result)
    return drawn


def _module(task: str) -> Any:
    return import_module(f"{__name__}.{drawn_by().get(task, PLAIN)}")


def _title(given: Any) -> str:
    return given if isinstance(given, str) and len(given) < 400 else "One input"
