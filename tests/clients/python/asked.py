"""What every client is asked, and what a right answer has."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
KEY = "none"
"""The local cloud asks for no key; most clients insist on one."""
TIMEOUT_S = 600
"""A first call downloads and converts its model."""

QUESTION = "Say Paris."
MESSAGES: list[Any] = [{"role": "user", "content": QUESTION}]
PROMPT = "The capital of France is"
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
TOOL: dict[str, Any] = {"type": "function", "function": WEATHER}
ASKED_FOR_WEATHER: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "age": {"type": "integer", "minimum": 0, "maximum": 120},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
ASKED_FOR_PERSON = "Ann is 41 years old. Write it as JSON."
NEAR = ("The cat sleeps on the sofa.", "A kitten is napping on the couch.")
FAR = "The train was late again."
QUERY = "Where is the cat?"
RANKED = ["It rains in Oslo.", "The cat sleeps on the sofa.", "Trains are late."]
BEST = 1
"""The place of the right one in :data:`RANKED`."""
RECORDING = ROOT / "inference/tasks/examples/sentence.ogg"
PICTURE = ROOT / "inference/tasks/examples/three.png"
INDEXED = 5_000
MOST_TEXTS = 2_048
"""OpenAI's limit on the texts of a call."""
BRIEFLY = "Answer in one sentence."
"""The demo model would tell a story, which agents take for a failure when it is cut."""
TOPICS = ("bread", "bridges", "clouds", "engines", "harbours", "music", "rivers", "trains")


def check_capital(text: Any) -> None:
    """What was asked for, so that an answer that was cut, mixed up or templated wrongly shows."""
    assert isinstance(text, str), text
    assert "Paris" in text, text


def check_person(text: Any) -> None:
    """It fits :data:`PERSON`."""
    person = json.loads(text) if isinstance(text, str) else text
    assert set(person) == {"name", "age"}, person
    assert isinstance(person["name"], str), person
    assert 0 <= person["age"] <= 120, person


def check_call(name: str, arguments: Any) -> None:
    """A call of :data:`WEATHER`."""
    read = json.loads(arguments) if isinstance(arguments, str) else arguments
    assert name == "get_weather", name
    assert set(read) == {"city"}, read
    assert isinstance(read["city"], str), read


def check_vectors(vectors: Any) -> None:
    """Those of the two sentences of :data:`NEAR`, and of :data:`FAR`."""
    one, near, far = ([float(number) for number in vector] for vector in vectors)
    assert len(one) == len(near) == len(far) == 384
    assert cosine(one, near) > 0.5 > cosine(one, far)


def cosine(one: list[float], other: list[float]) -> float:
    """How near two vectors are, from -1 to 1."""
    return _product(one, other) / math.sqrt(_product(one, one) * _product(other, other))


def documents() -> list[str]:
    """Short texts, no two the same."""
    return [f"Note {number} tells of {TOPICS[number % len(TOPICS)]}." for number in range(INDEXED)]


def _product(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
