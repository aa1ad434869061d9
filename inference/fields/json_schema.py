"""A caller's JSON Schema for an answer: checked, and without what asserts nothing.

What is left are keywords that decide whether a value is valid. An engine that cannot follow one of them
refuses it by its path; none is dropped to make a schema fit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from inference.errors import InvalidField
from inference.fields.field import json_type

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARS = 50_000
MAX_DEPTH = 64
Schema = dict[str, Any] | bool

MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = (
    *("items", "additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames"),
    *("then", "unevaluatedItems", "unevaluatedProperties"),
)
"""Keywords that hold a schema for each name, a list of schemas, and one schema."""
PLAIN = (
    *("$ref", "$dynamicRef", "const", "enum", "type", "required", "dependentRequired", "dependencies"),
    *("minProperties", "maxProperties", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains"),
    *("minLength", "maxLength", "pattern", "format"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
)
"""Other keywords that decide something; any further one is a note (JSON Schema 2020-12, core, 6.5)."""
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
FORMATS = (*("date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"),)
"""Formats that a grammar holds. Any other is a note, as the specification has it for unknown ones."""


def read(value: Any, at: str) -> Schema:
    """The clean schema; raises :class:`InvalidField` with the path of what is no schema."""
    if isinstance(value, (dict, list)) and len(json.dumps(value)) > MAX_CHARS:
        raise InvalidField(at, f"has more than {MAX_CHARS:,} characters")
    schema = _cleaned(value, at, 0)
    _check_references(schema, at)
    return schema


def children(schema: Schema) -> Iterator[tuple[tuple[str | int, ...], Schema]]:
    """The schemas right beneath, each with its place."""
    if isinstance(schema, bool):
        return
    for name, value in schema.items():
        if name in MAPS:
            yield from (((name, key), inner) for key, inner in value.items())
        elif name in LISTS or (name == "items" and isinstance(value, list)):
            yield from (((name, index), inner) for index, inner in enumerate(value))
        elif name in SINGLE:
            yield (name,), value


def path(at: str, place: tuple[str | int, ...]) -> str:
    """How an error names a place: ``at.properties.age``, ``at.anyOf[1]``."""
    return at + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)


def find(root: Schema, reference: str) -> Schema | None:
    """What a local reference (``#``, ``#/$defs/Name``) means; ``None`` where there is no such thing."""
    found: Any = root
    for name in steps(reference):
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found if isinstance(found, (dict, bool)) else None


def steps(reference: str) -> tuple[str, ...]:
    """The names on the way that a local reference goes."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in unquote(reference).split("/")[1:])


def _cleaned(value: Any, at: str, depth: int) -> Schema:
    if isinstance(value, bool):
        return value
    if not isinstance(value, dict):
        raise InvalidField(at, f"must be a JSON Schema, which is an object, not {json_type(value)}")
    if depth > MAX_DEPTH:
        raise InvalidField(at, f"lies more than {MAX_DEPTH} schemas deep")
    kept = {name: _keyword(name, given, at, depth) for name, given in value.items() if _decides(name, given)}
    return _newer(kept)


def _newer(schema: dict[str, Any]) -> dict[str, Any]:
    """A list of ``items``, as drafts before 2020-12 have it, in the words of the newer ones."""
    if not isinstance(schema.get("items"), list):
        return {name: value for name, value in schema.items() if name != "additionalItems"}
    others = {name: value for name, value in schema.items() if name not in ("items", "additionalItems")}
    rest = {"items": schema["additionalItems"]} if "additionalItems" in schema else {}
    return {**others, "prefixItems": schema["items"], **rest}


def _decides(name: str, value: Any) -> bool:
    """Whether a keyword can make a value invalid."""
    if name == "format":
        return value in FORMATS
    if name == "uniqueItems":
        return bool(value)
    return name in PLAIN or name in MAPS or name in LISTS or name in SINGLE


def _keyword(name: str, value: Any, at: str, depth: int) -> Any:
    where = f"{at}.{name}"
    if name in MAPS:
        if not isinstance(value, dict):
            raise InvalidField(where, f"must be an object of schemas, not {json_type(value)}")
        return {key: _cleaned(inner, f"{where}.{key}", depth + 1) for key, inner in value.items()}
    if name in LISTS or (name == "items" and isinstance(value, list)):
        if not isinstance(value, list):
            raise InvalidField(where, f"must be a list of schemas, not {json_type(value)}")
        return [_cleaned(inner, f"{where}[{index}]", depth + 1) for index, inner in enumerate(value)]
    if name in SINGLE:
        return _cleaned(value, where, depth + 1)
    if name in BOUNDS and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise InvalidField(where, f"must be a number, not {json_type(value)}")
    return _escaped(value) if name == "$ref" else value


def _escaped(reference: Any) -> Any:
    """A reference as a URI fragment, in which blanks, brackets and letters with accents are escaped."""
    if not isinstance(reference, str):
        return reference
    return quote(unquote(reference), safe="#/~!$&'()*+,;=:@")


def _check_references(root: Schema, at: str) -> None:
    """Each leads somewhere within the schema, and none to itself: nothing is fetched, nothing is empty."""
    open_places: list[tuple[Schema, str]] = [(root, at)]
    while open_places:
        schema, where = open_places.pop()
        open_places += [(inner, path(where, place)) for place, inner in children(schema)]
        if isinstance(schema, dict) and "$ref" in schema:
            _check_reference(root, schema["$ref"], f"{where}.$ref")
            _check_progress(root, schema, where)


def _check_reference(root: Schema, reference: Any, at: str) -> None:
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        raise InvalidField(at, "must begin with #/, as in #/$defs/Name; nothing is fetched")
    if find(root, reference) is None:
        raise InvalidField(at, "leads to no schema")


def _check_progress(root: Schema, start: dict[str, Any], at: str) -> None:
    """A schema that only says "see myself" describes nothing, and a grammar of it is empty."""
    seen: list[int] = []
    open_schemas: list[Schema] = [start]
    while open_schemas:
        schema = open_schemas.pop()
        if isinstance(schema, bool) or id(schema) in seen:
            continue
        seen.append(id(schema))
        if "$ref" in schema and (target := find(root, str(schema["$ref"]))) is not None:
            if target is start:
                raise InvalidField(f"{at}.$ref", "leads back to itself and says nothing")
            open_schemas.append(target)
        for name in ("allOf", "anyOf", "oneOf"):
            if any(inner is start for inner in schema.get(name, [])):
                raise InvalidField(f"{at}.$ref", "leads back to itself and says nothing")
            open_schemas += schema.get(name, [])
