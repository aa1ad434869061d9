"""Whatever a caller may send has an end: characters, items, numbers, pixels, seconds, of every task."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from inference.errors import InvalidField
from inference.http import request
from inference.media import audio, pixels, sound_child
from inference.tasks import get_task, task_names

if TYPE_CHECKING:
    from collections.abc import Iterator

NEEDED = {
    "string": ("maxLength",),
    "array": ("maxItems",),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
}


def leaves(schema: dict[str, Any], at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every part of a schema that has a type of its own."""
    for key in ("anyOf", "oneOf", "allOf"):
        for part in schema.get(key, ()):
            yield from leaves(part, at)
    for name, part in schema.get("properties", {}).items():
        yield from leaves(part, f"{at}.{name}")
    if "items" in schema:
        yield from leaves(schema["items"], f"{at}[]")
    if "type" in schema:
        yield at, schema


def missing(schema: dict[str, Any], at: str) -> list[str]:
    """Limits that a part lacks; a choice has one by nature, and a medium by what it holds."""
    found = []
    for where, part in leaves(schema, at):
        if "enum" in part or "const" in part or part.get("contentEncoding"):
            continue
        found += [f"{where}: {name}" for name in NEEDED.get(part["type"], ()) if part.get(name) is None]
    return found


@pytest.mark.parametrize("name", task_names())
def test_every_field_has_a_limit(name: str) -> None:
    task = get_task(name)
    checked = [(field.name, field.schema()) for field in task.parameters]
    checked.append(("inputs", task.inputs.schema()))
    assert [lack for at, schema in checked for lack in missing(schema, at)] == []


@pytest.mark.parametrize("schema", [{"type": "string"}, {"anyOf": [{"type": "integer", "minimum": 1}]}])
def test_a_field_without_a_limit_would_be_found(schema: dict[str, Any]) -> None:
    assert missing({"type": "object", "properties": {"a": schema}}, "inputs")


@pytest.mark.parametrize("name", task_names())
def test_limits_are_finite(name: str) -> None:
    task = get_task(name)
    for field in (*task.parameters, task.inputs):
        for at, part in leaves(field.schema(), field.name if hasattr(field, "name") else "inputs"):
            for key in ("maxLength", "maxItems", "maximum"):
                assert math.isfinite(part.get(key, 0)), at


def test_labels_in_one_string_have_a_limit_too() -> None:
    (labels,) = (field for field in get_task("classification").parameters if field.name == "candidate_labels")
    (longest,) = (part["maxLength"] for _, part in leaves(labels.schema(), "") if "pattern" in part)
    assert labels.read("a" + "," * (longest - 1), "labels") == ["a"]
    with pytest.raises(InvalidField, match="characters"):
        labels.read("a" + "," * longest, "labels")


def test_media_are_bounded_by_what_they_hold() -> None:
    """A body, a picture, a recording; the tests of each module hold it to its limit."""
    limits = (
        request.MAX_BODY_BYTES,
        pixels.MAX_PIXELS,
        audio.MAX_SECONDS,
        sound_child.MAX_RATE,
        sound_child.MAX_CHANNELS,
    )
    assert all(0 < limit < math.inf for limit in limits)
