"""Command-line arguments to a :class:`Call`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference import fields
from inference.errors import InvalidField
from inference.task import Model
from inference.task_body import read_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Call, Task


def choose_model(task: Task, name: str | None, revision: str | None) -> Model:
    """The task's default model, one of its declared alternatives, or any other model of the Hub."""
    declared = {each.id: each for each in (task.model, *task.alternatives)}
    chosen = task.model if name is None else declared.get(name, Model(name))
    return Model(chosen.id, revision, chosen.pickle_weights) if revision else chosen


def make_call(task: Task, inputs: Sequence[str], parameters: Sequence[str]) -> Call:
    """Check inputs and ``name=value`` parameters, in the same way as those of a request."""
    document: dict[str, Any] = {"inputs": _inputs(task, inputs)}
    if parameters:
        document["parameters"] = dict(map(_parameter, parameters))
    body = read_body(document, task)
    return task.prepare(body.inputs, body.parameters)


def _inputs(task: Task, inputs: Sequence[str]) -> Any:
    """The request's ``inputs``: the contents of files, one value for each part of a record, or texts.

    The last part of a record takes all words that are left.
    """
    if task.media_kind:
        if not inputs:
            raise InvalidField("inputs", f"name a file with the {task.media_kind}")
        contents = [_contents(word) for word in inputs]
        return contents[0] if len(contents) == 1 else contents
    if task.parts:
        *first, last = task.parts
        if len(inputs) < len(task.parts):
            raise InvalidField("inputs", f"takes {' and '.join(task.parts)}, each in quotes")
        rest = list(inputs[len(first) :])
        return {
            **dict(zip(first, inputs, strict=False)),
            last: rest if _is_list(task, last) else " ".join(rest),
        }
    return inputs[0] if len(inputs) == 1 else list(inputs)


def _is_list(task: Task, part: str) -> bool:
    assert isinstance(task.item, fields.Record)
    return any(isinstance(each, fields.Words) and each.name == part for each in task.item.parts)


def _contents(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise InvalidField("inputs", f"{name} cannot be read: {error.strerror}") from error


def _parameter(text: str) -> tuple[str, Any]:
    """Split ``name=value``; JSON values are parsed (``top_k=3``), others are text (``language=en``)."""
    name, mark, value = text.partition("=")
    if not mark:
        raise InvalidField("parameters", f"{text!r} must be name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
