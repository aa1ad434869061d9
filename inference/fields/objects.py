"""Fields of named values, and the reading of a request's parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inference.errors import InvalidField, printable
from inference.fields.field import Field, json_type
from inference.fields.lists import Words


@dataclass(frozen=True)
class Record:
    """An object with exactly these fields, all of them required."""

    name: str
    help: str
    parts: tuple[Field, ...]
    default: None = None

    def read(self, value: Any, at: str) -> dict[str, Any]:
        names = ", ".join(part.name for part in self.parts)
        if not isinstance(value, dict):
            raise InvalidField(at, f"must be an object with {names}, not {json_type(value)}")
        for name in value:
            if name not in {part.name for part in self.parts}:
                raise InvalidField(f"{at}.{printable(name)}", f"is unknown; known: {names}")
        for part in self.parts:
            if value.get(part.name) is None:
                raise InvalidField(f"{at}.{part.name}", "is required")
        return {part.name: part.read(value[part.name], f"{at}.{part.name}") for part in self.parts}

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {part.name: part.schema() for part in self.parts},
            "required": [part.name for part in self.parts],
            "additionalProperties": False,
        }


@dataclass(frozen=True)
class Group:
    """An object of optional fields; what it holds is read as if it stood one level up."""

    name: str
    help: str
    parts: tuple[Field, ...]
    default: None = None

    def read(self, value: Any, at: str) -> dict[str, Any]:
        return read_all(self.parts, value, at)

    def schema(self) -> dict[str, Any]:
        nullable = {part.name: {"anyOf": [part.schema(), {"type": "null"}]} for part in self.parts}
        return {"type": "object", "properties": nullable, "additionalProperties": False}


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
    for name, field in known.items():
        if isinstance(field, Words) and field.is_required and values.get(name) is None:
            raise InvalidField(f"{at}.{name}", "is required")
    return {
        name: field.default if values.get(name) is None else field.read(values[name], f"{at}.{name}")
        for name, field in known.items()
    }
