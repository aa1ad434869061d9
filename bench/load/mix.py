"""The mixed load: a few small requests to each of six functions.

Requests to one function have about the same length. So its p99 shows the service, not a long request.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.demo import number_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SENTENCES = Path(__file__).parents[2] / "local" / "demo" / "everyday_development.tsv"
REQUESTS = 8
"""For each function."""
PICTURE_PIXELS = 28


@dataclass(frozen=True)
class LoadRequest:
    """A request and its reference answer."""

    function: str
    body: bytes
    answer: Any = None
    answer_bytes: bytes = b""
    """The reference answer as bytes; an answer with the same bytes need not be parsed."""


def make_requests(function: str, seed: int) -> list[LoadRequest]:
    """Different requests to one function; the same ones for the same seed."""
    draw = random.Random(f"{seed} {function}")
    bodies = [{"inputs": each} for each in MAKERS[function](draw)]
    return [LoadRequest(function, json.dumps(body).encode()) for body in bodies]


def cycle_requests(mix: list[LoadRequest], seed: int) -> Iterator[LoadRequest]:
    """Endless rounds of one request to each function, in changing order: a steady load for each."""
    draw = random.Random(seed)
    by_function: dict[str, list[LoadRequest]] = {}
    for request in mix:
        by_function.setdefault(request.function, []).append(request)
    while True:
        for function in draw.sample(sorted(by_function), len(by_function)):
            yield draw.choice(by_function[function])


def _texts(draw: random.Random, sentences: int) -> list[str]:
    with SENTENCES.open(encoding="utf-8", newline="") as stream:
        known = [row["text"] for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return [" ".join(draw.sample(known, sentences)) for _ in range(REQUESTS)]


def _sentiment(draw: random.Random) -> list[Any]:
    """Single texts, and two texts in one call."""
    one, two = _texts(draw, 1), _texts(draw, 1)
    return [*one[: REQUESTS // 2], *map(list, zip(one, two, strict=True))][:REQUESTS]


def _questions(draw: random.Random) -> list[Any]:
    return [{"question": "What happened, and to whom?", "context": text} for text in _texts(draw, 4)]


def _numbers(draw: random.Random) -> list[Any]:
    """Numbers of six digits, in words."""
    limit = number_words.LIMIT
    return [number_words.spell(number) for number in draw.sample(range(limit // 10, limit), REQUESTS)]


def _pictures(draw: random.Random) -> list[Any]:
    """Pictures of digits in a plain font, at random places."""
    from PIL import Image, ImageDraw

    pictures = []
    for digit in draw.sample(range(10), REQUESTS):
        picture = Image.new("L", (PICTURE_PIXELS, PICTURE_PIXELS))
        place = (draw.randint(6, 10), draw.randint(0, 4))
        ImageDraw.Draw(picture).text(place, str(digit), fill=255, font_size=20)
        packed = io.BytesIO()
        picture.save(packed, "PNG")
        pictures.append(base64.b64encode(packed.getvalue()).decode())
    return pictures


MAKERS: dict[str, Callable[[random.Random], list[Any]]] = {
    "sentiment": _sentiment,
    "embeddings": lambda draw: _texts(draw, 3),
    "entities": lambda draw: _texts(draw, 2),
    "question-answering": _questions,
    "translation": _numbers,
    "image-classification": _pictures,
}
"""Encoders with four kinds of heads and one generation, two to ten milliseconds each."""
