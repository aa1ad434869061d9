"""Declared request fields: one declaration checks a value and describes it to clients.

Every ``read`` takes any JSON value and either returns a clean one or raises an error that names the field
and the limit. Names follow the Hub's task specifications.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from inference.errors import InvalidField, printable


class Field(Protocol):
    """What a request may carry under one name."""

    @property
    def name(self) -> str: ...

    @property
    def help(self) -> str: ...

    @property
    def default(self) -> Any: ...

    def read(self, value: Any, at: str) -> Any:
        """The clean value; ``at`` is how an error names the place, like ``parameters.top_k``."""

    def schema(self) -> dict[str, Any]:
        """JSON Schema of the field, for ``GET /``."""


@dataclass(frozen=True)
class Text:
    """A string of 1 to ``max_chars`` characters (Unicode code points)."""

    name: str
    help: str
    max_chars: int
    default: str | None = None
    min_chars: int = 1

    def read(self, value: Any, at: str) -> str:
        if not isinstance(value, str):
            raise InvalidField(at, f"must be a string, not {json_type(value)}")
        if len(value) < self.min_chars:
            raise InvalidField(at, "must not be empty")
        if len(value) > self.max_chars:
            raise InvalidField(at, f"has {len(value):,} characters; the limit is {self.max_chars:,}")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidField(at, "has a lone surrogate, which is not Unicode text")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": self.min_chars, "maxLength": self.max_chars}


@dataclass(frozen=True)
class Items:
    """One item, or a list of 1 to ``max_items`` of them; reads as a list either way."""

    item: Field
    max_items: int

    @property
    def name(self) -> str:
        return self.item.name

    @property
    def help(self) -> str:
        return self.item.help

    @property
    def default(self) -> Any:
        return None

    def read(self, value: Any, at: str) -> list[Any]:
        if not isinstance(value, list):
            return [self.item.read(value, at)]
        if not value:
            raise InvalidField(at, "must not be an empty list")
        if len(value) > self.max_items:
            raise InvalidField(at, f"has {len(value):,} items; the limit is {self.max_items:,}")
        return [self.item.read(item, f"{at}[{index}]") for index, item in enumerate(value)]

    def schema(self) -> dict[str, Any]:
        one = self.item.schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": self.max_items}]}


@dataclass(frozen=True)
class Integer:
    """A whole number within limits, both ends included."""

    name: str
    help: str
    minimum: int
    maximum: int
    default: int | None = None

    def read(self, value: Any, at: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidField(at, f"must be a whole number, not {json_type(value)}")
        if isinstance(value, float) and not value.is_integer():  # infinity and NaN are none either
            raise InvalidField(at, "must be a whole number")
        return int(_within(value, self.minimum, self.maximum, at))

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


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


def read_all(fields: tuple[Field, ...], values: Any, at: str) -> dict[str, Any]:
    """Read a JSON object of optional fields; ``null`` means the default, an unknown name is an error."""
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise InvalidField(at, f"must be an object, not {json_type(values)}")
    known = {field.name: field for field in fields}
    for name in values:
        if name not in known:
            raise InvalidField(f"{at}.{printable(name)}", f"is unknown; known: {', '.join(known) or 'none'}")
    return {
        name: field.default if values.get(name) is None else field.read(values[name], f"{at}.{name}")
        for name, field in known.items()
    }


def describe(field: Field) -> dict[str, Any]:
    """A field as ``GET /`` shows it: JSON Schema plus its default and help."""
    return {"name": field.name, **field.schema(), "default": field.default, "description": field.help}


def json_type(value: Any) -> str:
    """The JSON name of a value's type, for messages."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _within(value: float, minimum: float, maximum: float, at: str) -> float:
    if not minimum <= value <= maximum:  # NaN fails this too
        raise InvalidField(at, f"must be between {minimum:,} and {maximum:,}")
    return value
