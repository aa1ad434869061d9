"""What every declared field offers."""

from __future__ import annotations

from typing import Any, Protocol


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


def describe(field: Field) -> dict[str, Any]:
    """A field as ``GET /`` shows it: JSON Schema plus its default and help."""
    return {"name": field.name, **field.schema(), "default": field.default, "description": field.help}


def json_type(value: Any) -> str:
    """The JSON name of a value's type, for messages."""
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
