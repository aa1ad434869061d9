"""A request's JSON object -> its named parts, as one task names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import InvalidField, printable
from inference.fields import Text

if TYPE_CHECKING:
    from inference.task import Task

TOP_LEVEL = ("inputs", "parameters", "model", "options", "stream")
"""The Hub's older clients send ``options`` along, which change nothing here."""


@dataclass(frozen=True)
class Body:
    """The named parts of a request's JSON object, still unchecked."""

    inputs: Any
    parameters: Any
    model: Any
    streams: bool = False
    """Whether the answer shall come piece by piece, which tasks that write text can do."""


def read_body(document: dict[str, Any], task: Task) -> Body:
    """Name the parts. A plain form like ``{"text": ...}`` or ``{"question": ..., "context": ...}`` counts as
    ``inputs``, and a parameter may stand at the top level, where some of the Hub's clients put it.
    """
    names = [field.name for field in task.parameters]
    known = (*TOP_LEVEL[:3], *task.aliases, *task.parts, *names)
    for name in document:
        if name not in (*known, *TOP_LEVEL):
            raise InvalidField(printable(name), f"is unknown; known: {', '.join(known)}")
    parameters = document.get("parameters")
    if loose := {name: document[name] for name in names if name in document}:
        parameters = _joined(parameters, loose)
    model = _model(document.get("model"))
    return Body(_inputs(document, task), parameters, model, _streams(document, task))


def _streams(document: dict[str, Any], task: Task) -> bool:
    """Other tasks have nothing to send piece by piece, and answer as ever."""
    value = document.get("stream")
    if not task.kind.writes:
        return False
    if value is not None and not isinstance(value, bool):
        raise InvalidField("stream", "must be true or false")
    return bool(value)


def _model(named: Any) -> Any:
    """The Hub's clients name the URL that they were given; it says which function is meant, and no model."""
    return None if is_url(named) else named


def is_url(named: Any) -> bool:
    """Whether a client put a function's address where a model's name goes."""
    return isinstance(named, str) and named.startswith(("http://", "https://"))


def _inputs(document: dict[str, Any], task: Task) -> Any:
    given = [name for name in ("inputs", *task.aliases) if name in document]
    parts = {name: document[name] for name in task.parts if name in document}
    if parts and not given:
        return _spread(parts, task)
    if len(given) != 1 or parts:
        problem = "is required" if not given else f"is given twice, also as {[*given, *parts][1]}"
        raise InvalidField("inputs", problem)
    return document[given[0]]


def _spread(parts: dict[str, Any], task: Task) -> Any:
    """Several questions to one text, or to as many texts: an input each, as in transformers."""
    texts = {part.name for part in getattr(task.item, "parts", ()) if isinstance(part, Text)}
    lists = {name: parts[name] for name in parts if name in texts and isinstance(parts[name], list)}
    if not lists:
        return parts
    first, count = next((name, len(value)) for name, value in lists.items())
    for name, value in lists.items():
        if len(value) != count:
            raise InvalidField(name, f"must have as many items as {first}: {count}, not {len(value)}")
    return [
        {name: value[index] if name in lists else value for name, value in parts.items()}
        for index in range(count)
    ]


def _joined(parameters: Any, loose: dict[str, Any]) -> Any:
    if parameters is None:
        return loose
    if not isinstance(parameters, dict):
        return parameters  # refused, with its name, when the parameters are read
    if twice := loose.keys() & parameters.keys():
        raise InvalidField(f"parameters.{min(twice)}", "is given twice, also at the top level")
    return {**parameters, **loose}
