"""``tools`` and ``tool_choice``: which functions a model may ask for, and whether it must."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.engines.text.tools import Function, Tools
from inference.errors import InvalidField
from inference.fields import Text, json_schema, json_type
from inference.http.openai.messages import FUNCTION_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TOOLS = 128
MAX_CHARS = 100_000
"""Of all signatures together, as JSON."""
DESCRIPTION = Text("description", "What the function does.", max_chars=10_000, min_chars=0)
NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
WORDS = ("none", "auto", "required", "any")


@dataclass(frozen=True)
class Declared:
    """One declared function, before it is known whether it must be called."""

    name: str
    description: str | None
    parameters: Any
    at: str
    is_strict: bool


@dataclass(frozen=True)
class Choice:
    """What ``tool_choice`` says: ``names`` is empty where any of the tools may be called."""

    mode: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ToolList:
    """``[{"type": "function", "function": {"name": ..., "parameters": {...}}}]``, or the flat form of it."""

    is_flat: bool = False
    """Whether name and parameters stand beside the type, as in ``/v1/responses``."""
    name: str = "tools"
    help: str = "Functions that the model may ask for."
    default: None = None

    def read(self, value: Any, at: str) -> list[Declared]:
        if not isinstance(value, list):
            raise InvalidField(at, f"must be a list of tools, not {json_type(value)}")
        if len(value) > MAX_TOOLS:
            raise InvalidField(at, f"has {len(value):,} tools; the limit is {MAX_TOOLS}")
        if len(json.dumps(value)) > MAX_CHARS:
            raise InvalidField(at, f"has more than {MAX_CHARS:,} characters")
        found = [self._tool(item, f"{at}[{index}]") for index, item in enumerate(value)]
        names = [each.name for each in found]
        for index, name in enumerate(names):
            if name in names[:index]:
                raise InvalidField(f"{at}[{index}]", "has the name of an earlier tool")
        return found

    def _tool(self, value: Any, at: str) -> Declared:
        if not isinstance(value, dict):
            raise InvalidField(at, f"must be an object, not {json_type(value)}")
        if value.get("type", "function") != "function":
            raise InvalidField(f"{at}.type", "must be function; models here know no other tools")
        if self.is_flat:
            return _declared(value, at)
        function = value.get("function")
        if not isinstance(function, dict):
            raise InvalidField(f"{at}.function", f"must be an object, not {json_type(function)}")
        return _declared(function, f"{at}.function")

    def schema(self) -> dict[str, Any]:
        function = {
            "type": "object",
            "properties": {
                "name": FUNCTION_NAME.schema(),
                "description": {"anyOf": [DESCRIPTION.schema(), {"type": "null"}]},
                "parameters": {"anyOf": [{"type": "object"}, {"type": "null"}]},
                "strict": {"anyOf": [{"type": "boolean"}, {"type": "null"}]},
            },
            "required": ["name"],
        }
        nested = {
            "type": "object",
            "properties": {"type": {"const": "function"}, "function": function},
            "required": ["function"],
        }
        return {"type": "array", "items": function if self.is_flat else nested, "maxItems": MAX_TOOLS}


def _declared(value: dict[str, Any], at: str) -> Declared:
    description, strict = value.get("description"), value.get("strict")
    if strict is not None and not isinstance(strict, bool):
        raise InvalidField(f"{at}.strict", f"must be true or false, not {json_type(strict)}")
    parameters = NO_ARGUMENTS if value.get("parameters") is None else value["parameters"]
    if not isinstance(parameters, dict):
        raise InvalidField(
            f"{at}.parameters", f"must be a JSON Schema of an object, not {json_type(parameters)}"
        )
    return Declared(
        FUNCTION_NAME.read(value.get("name"), f"{at}.name"),
        None if description is None else DESCRIPTION.read(description, f"{at}.description"),
        parameters,
        f"{at}.parameters",
        bool(strict),
    )


@dataclass(frozen=True)
class ToolChoice:
    """``auto``, ``none``, ``required``, or the one function that is to be called."""

    name: str = "tool_choice"
    help: str = "Whether the model calls a function: auto, none, required, or a function by name."
    default: None = None

    def read(self, value: Any, at: str) -> Choice:
        if isinstance(value, str):
            if value not in WORDS:
                raise InvalidField(
                    at, f"must be one of {', '.join(WORDS)}, or an object that names a function"
                )
            return Choice("required" if value == "any" else value)
        if not isinstance(value, dict):
            raise InvalidField(at, f"must be a string or an object, not {json_type(value)}")
        if value.get("type") == "allowed_tools":
            allowed = value.get("allowed_tools", value)
            return _allowed(allowed, f"{at}.allowed_tools" if "allowed_tools" in value else at)
        return Choice("required", (_name(value, at),))

    def schema(self) -> dict[str, Any]:
        named = {"type": "object"}
        return {"anyOf": [{"enum": list(WORDS)}, named]}


def _allowed(value: Any, at: str) -> Choice:
    if not isinstance(value, dict):
        raise InvalidField(at, f"must be an object, not {json_type(value)}")
    mode, given = value.get("mode", "auto"), value.get("tools")
    if mode not in ("auto", "required"):
        raise InvalidField(f"{at}.mode", "must be auto or required")
    if not isinstance(given, list) or not given:
        raise InvalidField(f"{at}.tools", "must be a list of functions by name")
    return Choice(mode, tuple(_name(item, f"{at}.tools[{index}]") for index, item in enumerate(given)))


def _name(value: Any, at: str) -> str:
    if not isinstance(value, dict) or value.get("type", "function") != "function":
        raise InvalidField(at, "must name a function; models here know no other tools")
    function = value.get("function")
    if isinstance(function, dict):
        return FUNCTION_NAME.read(function.get("name"), f"{at}.function.name")
    return FUNCTION_NAME.read(value.get("name"), f"{at}.name")


def tools_of(
    declared: Sequence[Declared] | None, choice: Choice | None, several: bool | None
) -> Tools | None:
    """What the engine is told; ``None`` where there is nothing to call."""
    choice = choice or Choice("auto")
    known = [each.name for each in declared or ()]
    for name in choice.names:
        if name not in known:
            raise InvalidField("tool_choice", f"names {name}, which is none of the tools")
    if choice.mode == "required" and not declared:
        raise InvalidField("tool_choice", "asks for a call, and there are no tools")
    if not declared or choice.mode == "none":
        return None
    must_call = choice.mode == "required"
    is_named = must_call and len(choice.names) == 1
    return Tools(
        tuple(_function(each, is_formed=must_call or each.is_strict) for each in declared),
        choice.names or tuple(known),
        must_call=must_call,
        # A small model that must call, and may again, does so without end: it does where it is asked to.
        several=not is_named and (several is True or (several is None and not must_call)),
    )


def _function(declared: Declared, *, is_formed: bool) -> Function:
    said = {"name": declared.name, "description": declared.description, "parameters": declared.parameters}
    kept = {name: value for name, value in said.items() if value is not None}
    return Function(
        declared.name,
        {"type": "function", "function": kept},
        declared.at,
        json_schema.read(declared.parameters, declared.at) if is_formed else None,
    )
