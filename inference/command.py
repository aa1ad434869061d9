"""What stands on a command line, as the call that a function would get for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import fields
from inference.errors import InvalidField
from inference.request import read_body
from inference.task import Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Call, Task


def model(task: Task, name: str | None, revision: str | None) -> Model:
    """The task's own model, one of its alternatives as it is declared, or any other of the Hub's."""
    declared = {each.id: each for each in (task.model, *task.alternatives)}
    chosen = task.model if name is None else declared.get(name, Model(name))
    return Model(chosen.id, revision, chosen.pickle_weights) if revision else chosen


def call(task: Task, words: Sequence[str], parameters: Sequence[str]) -> Call:
    """Check inputs and ``name=value`` parameters as a request's are checked."""
    document: dict[str, Any] = {"inputs": _inputs(task, words)}
    if parameters:
        document["parameters"] = dict(map(_parameter, parameters))
    body = read_body(document, task)
    return task.prepare(body.inputs, body.parameters)


def _inputs(task: Task, words: Sequence[str]) -> Any:
    """Files for pictures and sound; a value for each part of a record, the last taking what is left."""
    if task.media_kind:
        if not words:
            raise InvalidField("inputs", f"name a file with the {task.media_kind}")
        contents = [_contents(word) for word in words]
        return contents[0] if len(contents) == 1 else contents
    if task.parts:
        *first, last = task.parts
        if len(words) < len(task.parts):
            raise InvalidField("inputs", f"takes {' and '.join(task.parts)}, each in quotes")
        rest = list(words[len(first) :])
        return {
            **dict(zip(first, words, strict=False)),
            last: rest if _is_list(task, last) else " ".join(rest),
        }
    return words[0] if len(words) == 1 else list(words)


def _is_list(task: Task, part: str) -> bool:
    assert isinstance(task.item, fields.Record)
    return any(isinstance(each, fields.Words) and each.name == part for each in task.item.parts)


def _contents(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidField("inputs", f"{name} cannot be read: {error.strerror}") from error


def _parameter(text: str) -> tuple[str, Any]:
    """``top_k=3`` is a number, ``language=en`` a text: JSON where it is JSON."""
    name, mark, value = text.partition("=")
    if not mark:
        raise InvalidField("parameters", f"{text!r} must be name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
