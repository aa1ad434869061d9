"""What form an answer must have: a JSON Schema, or a regular expression."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from inference.errors import InvalidField
from inference.fields import json_schema
from inference.fields.field import json_type

MAX_PATTERN = 2000
ANY_OBJECT: dict[str, Any] = {"type": "object"}
KINDS = ("json", "json_schema", "json_object", "regex")


@dataclass(frozen=True)
class Form:
    """The form of an answer; an engine follows it while it writes."""

    kind: Literal["json_schema", "regex"]
    value: Any
    """A clean JSON Schema, or a pattern."""
    field: str
    """The request's field, for an engine that follows none."""
    at: str
    """Where the schema or the pattern stands, for the path of what cannot be followed."""


@dataclass(frozen=True)
class Grammar:
    """``{"type": "json", "value": {...}}`` as text-generation-inference takes it at ``POST /``."""

    name: str = "grammar"
    help: str = "The form of the answer: a JSON Schema (type json) or a regular expression (type regex)."
    default: None = None

    def read(self, value: Any, at: str) -> Form:
        kind = kind_of(value, at)
        if kind in ("json", "json_schema"):
            return schema_form(value.get("value"), at, f"{at}.value")
        if kind == "regex":
            return pattern_form(value.get("value"), at, f"{at}.value")
        raise InvalidField(f"{at}.type", "must be one of json, json_schema, regex")

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"type": {"enum": ["json", "json_schema", "regex"]}, "value": {}},
            "required": ["type", "value"],
        }


@dataclass(frozen=True)
class ResponseFormat:
    """OpenAI's ``response_format``, and the older words of text-generation-inference for it."""

    name: str = "response_format"
    help: str = "The form of the answer: text, json_object, or json_schema with a schema."
    default: None = None

    def read(self, value: Any, at: str) -> Form | None:
        kind = kind_of(value, at)
        if kind == "text":
            return None
        if kind in ("json_object", "json") and value.get("value", value.get("schema")) is None:
            return Form("json_schema", ANY_OBJECT, at, at)
        if kind == "json_schema" and "json_schema" in value:
            schema = _named_schema(value["json_schema"], f"{at}.json_schema")
            return schema_form(schema, at, f"{at}.json_schema.schema")
        if kind in ("json_schema", "json_object", "json"):
            name = "value" if "value" in value else "schema"
            return schema_form(value.get(name), at, f"{at}.{name}")
        if kind == "regex":
            return pattern_form(value.get("value"), at, f"{at}.value")
        raise InvalidField(f"{at}.type", "must be one of text, json_object, json_schema, regex")

    def schema(self) -> dict[str, Any]:
        kinds = {"enum": ["text", *KINDS]}
        return {"type": "object", "properties": {"type": kinds}, "required": ["type"]}


def kind_of(value: Any, at: str) -> str:
    """The ``type`` of an object that has one."""
    if not isinstance(value, dict):
        raise InvalidField(at, f"must be an object with a type, not {json_type(value)}")
    kind = value.get("type")
    if not isinstance(kind, str):
        raise InvalidField(f"{at}.type", f"must be a string, not {json_type(kind)}")
    return kind


def schema_form(value: Any, field: str, at: str) -> Form:
    """A form by JSON Schema, which some clients send as text, or with a name around it."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidField(at, "must be a JSON Schema; the text is no JSON") from None
    if isinstance(value, dict) and isinstance(value.get("schema"), dict) and "name" in value:
        value, at = value["schema"], f"{at}.schema"
    return Form("json_schema", json_schema.read(value, at), field, at)


def pattern_form(value: Any, field: str, at: str) -> Form:
    """A form by regular expression, which the whole answer must match."""
    if not isinstance(value, str):
        raise InvalidField(at, f"must be a regular expression, not {json_type(value)}")
    if not 1 <= len(value) <= MAX_PATTERN:
        raise InvalidField(at, f"has {len(value):,} characters; it must have 1 to {MAX_PATTERN:,}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidField(at, "has a lone surrogate, which is not Unicode text")
    return Form("regex", value, field, at)


def _named_schema(value: Any, at: str) -> Any:
    if not isinstance(value, dict):
        raise InvalidField(at, f"must be an object with a schema, not {json_type(value)}")
    if value.get("schema") is None:
        raise InvalidField(f"{at}.schema", "is required")
    return value["schema"]
