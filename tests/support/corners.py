"""Requests at the corners of what a task allows: the longest lists of the longest texts, and every product.

Each is within all limits of its fields. What they come to together is the engine's to bear, or to refuse.
"""

from __future__ import annotations

import base64
import io
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from inference import fields
from inference.media.audio import MAX_SECONDS, RATE
from inference.media.pixels import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from inference.task import Task

MOST_BYTES = 6_000_000
"""Of a body: Lambda takes 6 MB of event (AWS Lambda developer guide, "Lambda quotas")."""
CAT = "The cat sleeps on the sofa. "
FILLERS = (CAT, "a", "a ", "!", "e\u0301", "\u65e5", "\U0001f389", "0 ", "\n.", "#-")
"""Words, a letter without an end, marks that are a token each, letters of several bytes and tokens."""
NAMED = re.compile(r"parameters\.(\w+)")
MASK = re.compile(r"<mask>|\[MASK\]")
LIMIT = re.compile(r"must be (?:less than|at most) ([\d,]+)")
"""What an error says of a limit that is the model's own."""


def body(task: Task, random: Random) -> dict[str, Any]:
    """One request. What is left of 6 MB beside its parameters is shared by its texts."""
    parameters = _objects(task.parameters, random, MOST_BYTES // 4)
    left = MOST_BYTES - len(json.dumps(parameters))
    return {"inputs": _value(task.inputs, random, left, _fillers(task)), "parameters": parameters}


def next_corner(sent: dict[str, Any], message: str) -> dict[str, Any] | None:
    """What to send after an error: the parameter that it names at the edge that it tells, else without it.

    ``None`` where the error is about something else.
    """
    named, limit = NAMED.match(message), LIMIT.search(message)
    if named is None or named[1] not in sent["parameters"]:
        return None
    others = {name: value for name, value in sent["parameters"].items() if name != named[1]}
    if limit is not None:
        edge = int(limit[1].replace(",", "")) - ("less than" in limit[0])
        if edge > 0 and edge != sent["parameters"][named[1]]:
            others[named[1]] = edge
    return {**sent, "parameters": others}


def _fillers(task: Task) -> Sequence[str]:
    """Also the model's mask, alone and after every hundred letters, where the task is about masks."""
    found = MASK.search(json.dumps(task.examples[0].body))
    if found is None:
        return FILLERS
    return (found[0], f"{found[0]} ", f"{'a ' * 48}{found[0]} ", f"{'word ' * 199}{found[0]} ")


def _objects(parts: Sequence[fields.Field], random: Random, most_bytes: int) -> dict[str, Any]:
    """Some of the parameters, each at an edge; those that must be there always."""
    chosen = [part for part in parts if getattr(part, "is_required", False) or random.random() < 0.6]
    room = most_bytes // max(1, len(chosen))
    return {
        part.name: _value(part, random, room, FILLERS) for part in chosen if part.name not in ("grammar",)
    }


def _value(field: fields.Field, random: Random, most_bytes: int, fillers: Sequence[str]) -> Any:
    match field:
        case fields.Items():
            return _several(field, random, most_bytes, fillers)
        case fields.Words():
            words = _several(field, random, most_bytes, fillers)
            return words if field.keeps_doubles else [_distinct(word, at) for at, word in enumerate(words)]
        case fields.Record():
            room = most_bytes // len(field.parts)
            return {part.name: _value(part, random, room, fillers) for part in field.parts}
        case fields.Group():
            return _objects(field.parts, random, most_bytes)
        case fields.Text(pattern=str()):
            return "{}" + "a" * (random.choice((0, field.max_chars - 2)))
        case fields.Text():
            return _text(field, random, most_bytes, fillers)
        case fields.Grammar():
            return {"type": "regex", "value": "a+"}
        case fields.Media(kind="image"):
            return random.choice(_pictures())
        case fields.Media():
            return random.choice(_recordings())
        case _:
            return _edge(field, random)


def _edge(field: fields.Field, random: Random) -> Any:
    match field:
        case fields.Integer() | fields.Number():
            return random.choice((field.minimum, field.maximum))
        case fields.Choice():
            return random.choice(field.choices)
        case fields.FlagOrWord():
            return random.choice((False, True, field.word))
        case fields.Flag():
            return random.random() < 0.5
        case _:
            raise TypeError(f"no corners are known for {field}")


def _several(field: Any, random: Random, most_bytes: int, fillers: Sequence[str]) -> list[Any]:
    """As many as may be, each as long as fits; or each as long as may be, as many as fit; or one."""
    kind = random.choice(("many", "long", "one"))
    count = 1 if kind == "one" else field.max_items
    if kind == "long":
        longest = _longest(field.item)
        count = max(1, min(field.max_items, most_bytes // longest))
    first = _value(field.item, random, most_bytes // count, fillers)
    while len(json.dumps(first)) * count > most_bytes and count > 1:
        count -= 1 + count // 10
    return [first] * count


def _longest(field: fields.Field) -> int:
    """Characters of the longest value."""
    match field:
        case fields.Text():
            return field.max_chars
        case fields.Record():
            return sum(map(_longest, field.parts))
        case fields.Words():
            return field.max_items * _longest(field.item)
        case _:
            return MOST_BYTES // 16


def _text(field: fields.Text, random: Random, most_bytes: int, fillers: Sequence[str]) -> str:
    filler = random.choice(fillers)
    each_bytes = len(json.dumps(filler)) - 2
    chars = min(field.max_chars, max(1, most_bytes * len(filler) // each_bytes))
    if random.random() < 0.2:
        chars = min(chars, len(filler))
    return (filler * (chars // len(filler) + 1))[:chars]


def _distinct(word: str, at: int) -> str:
    """A word that differs from its neighbours, of the same length."""
    mark = chr(ord("a") + at % 26) + str(at)
    return (mark + word)[: max(len(word), 1)] if len(word) > len(mark) else chr(0x61 + at)


@cache
def _pictures() -> tuple[str, ...]:
    """One colour: the most pixels in every kind of file, and the longest side."""
    from PIL import Image

    side = int(MAX_PIXELS**0.5)
    found = []
    for size, mode, form in (
        ((side, side), "RGB", "PNG"),
        ((side, side), "RGBA", "PNG"),
        ((side, side), "RGB", "JPEG"),
        ((side, side), "RGB", "WEBP"),
        ((side, side), "RGB", "TIFF"),
        ((side * 9, side // 9), "L", "PNG"),
        ((1, 1), "RGB", "PNG"),
    ):
        file = io.BytesIO()
        more = {"compression": "tiff_lzw"} if form == "TIFF" else {}
        Image.new(mode, size).save(file, form, **more)
        if len(file.getvalue()) * 4 // 3 < MOST_BYTES:
            found.append(base64.b64encode(file.getvalue()).decode())
    return tuple(found)


@cache
def _recordings() -> tuple[str, ...]:
    """The longest silence, the longest sound that fits, and next to nothing."""
    import numpy as np

    from tests.support.sounds import encoded, tone

    silence = encoded(np.zeros(int(RATE * MAX_SECONDS) - RATE, np.float32), RATE, "ogg", "flac")
    hum = encoded(tone(RATE, 600.0), RATE, "mp3", "libmp3lame")
    short = encoded(tone(RATE, 0.1), RATE, "ogg", "flac")
    return tuple(base64.b64encode(each).decode() for each in (silence, hum, short) if len(each) < 4_400_000)
