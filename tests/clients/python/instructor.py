"""instructor: a Python class as the form of the answer."""

from __future__ import annotations

import instructor
from openai import OpenAI
from pydantic import BaseModel, Field

from tests.clients.python import asked

MESSAGES = [{"role": "user", "content": asked.ASKED_FOR_PERSON}]


class Person(BaseModel):
    """What :data:`asked.PERSON` says, as the client's users write it."""

    name: str = Field(max_length=20)
    age: int = Field(ge=0, le=120)


def _person(url: str, mode: instructor.Mode) -> Person:
    client = OpenAI(base_url=f"{url}chat/v1", api_key=asked.KEY, timeout=asked.TIMEOUT_S)
    patched = instructor.from_openai(client, mode=mode)
    return patched.chat.completions.create(
        model="default",
        messages=MESSAGES,
        response_model=Person,
        max_retries=0,
        max_tokens=100,
        temperature=0,
    )


def structured(url: str) -> None:
    assert isinstance(_person(url, instructor.Mode.JSON_SCHEMA), Person)


def tools(url: str) -> None:
    """Its default: the class is a tool."""
    assert isinstance(_person(url, instructor.Mode.TOOLS), Person)


def stream(url: str) -> None:
    client = OpenAI(base_url=f"{url}chat/v1", api_key=asked.KEY, timeout=asked.TIMEOUT_S)
    patched = instructor.from_openai(client, mode=instructor.Mode.TOOLS)
    parts = list(
        patched.chat.completions.create_partial(
            model="default", messages=MESSAGES, response_model=Person, max_tokens=100, temperature=0
        )
    )
    assert len(parts) > 3
    assert parts[-1].name is not None


def row_20(url: str) -> None:
    """Each of the ways in which it asks."""
    for mode in (instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON_SCHEMA):
        assert isinstance(_person(url, mode), Person)
