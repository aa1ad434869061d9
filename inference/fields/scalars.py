"""Fields of one value: text, numbers, words, true or false."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from inference.errors import InvalidField
from inference.fields.field import json_type


@dataclass(frozen=True)
class Text:
    """A string of 1 to ``max_chars`` characters (Unicode code points)."""

    name: str
    help: str
    max_chars: int
    default: str | None = None
    min_chars: int = 1
    pattern: str | None = None
    """A regular expression of both Python and JSON Schema that must match somewhere."""

    def read(self, value: Any, at: str) -> str:
        if not isinstance(value, str):
            raise InvalidField(at, f"must be a string, not {json_type(value)}")
        if len(value) < self.min_chars:
            raise InvalidField(at, "must not be empty")
        if len(value) > self.max_chars:
            raise InvalidField(at, f"has {len(value):,} characters; the limit is {self.max_chars:,}")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidField(at, "has a lone surrogate, which is not Unicode text")
        if self.pattern and not re.search(self.pattern, value):
            raise InvalidField(at, f"must match {self.pattern}")
        return value

    def schema(self) -> dict[str, Any]:
        limits = {"type": "string", "minLength": self.min_chars, "maxLength": self.max_chars}
        return limits if self.pattern is None else {**limits, "pattern": self.pattern}


@dataclass(frozen=True)
class Integer:
    """A whole number within limits, both ends included."""

    name: str
    help: str
    minimum: int
    maximum: int
    default: int | None = None
    multiple_of: int = 1

    def read(self, value: Any, at: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(at, f"must be a whole number, not {json_type(value)}")
        if isinstance(value, float) and not value.is_integer():  # infinity and NaN are none either
            raise InvalidField(at, "must be a whole number")
        whole = int(_within(value, self.minimum, self.maximum, at))
        if whole % self.multiple_of:
            raise InvalidField(at, f"must be a multiple of {self.multiple_of}")
        return whole

    def schema(self) -> dict[str, Any]:
        limits = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        return limits if self.multiple_of == 1 else {**limits, "multipleOf": self.multiple_of}


@dataclass(frozen=True)
class Number:
    """A finite number within limits, both ends included."""

    name: str
    help: str
    minimum: float
    maximum: float
    default: float | None = None

    def read(self, value: Any, at: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(at, f"must be a number, not {json_type(value)}")
        return float(_within(value, self.minimum, self.maximum, at))

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    name: str
    help: str
    choices: tuple[str, ...]
    default: str | None = None

    def read(self, value: Any, at: str) -> str:
        if not isinstance(value, str) or value not in self.choices:
            raise InvalidField(at, f"must be one of {', '.join(self.choices)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.choices)}


@dataclass(frozen=True)
class Flag:
    """True or false."""

    name: str
    help: str
    default: bool | None = None

    def read(self, value: Any, at: str) -> bool:
        if not isinstance(value, bool):
            raise InvalidField(at, f"must be true or false, not {json_type(value)}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Neutral:
    """What clients send along and nothing here follows: only the value that asks for nothing."""

    name: str
    help: str
    value: bool | int
    default: None = None

    def read(self, value: Any, at: str) -> None:
        if type(value) is not type(self.value) or value != self.value:
            raise InvalidField(at, f"is not supported; it may only be {json.dumps(self.value)}")

    def schema(self) -> dict[str, Any]:
        return {"const": self.value}


@dataclass(frozen=True)
class FlagOrWord:
    """True, false, or one word that says more than true."""

    name: str
    help: str
    word: str
    default: bool | None = None

    def read(self, value: Any, at: str) -> bool | str:
        if not isinstance(value, bool) and value != self.word:
            raise InvalidField(at, f"must be true, false or {self.word}")
        return value  # type: ignore[no-any-return]

    def schema(self) -> dict[str, Any]:
        return {"enum": [False, True, self.word]}


def _within(value: float, minimum: float, maximum: float, at: str) -> float:
    if not minimum <= value <= maximum:  # NaN fails this too
        raise InvalidField(at, f"must be between {minimum:,} and {maximum:,}")
    return value
