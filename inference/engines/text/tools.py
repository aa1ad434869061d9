"""Functions that a model may ask for, and how its family writes such a call.

A family is known by its chat template. A template that knows no tools gets them told in a system message, in
the words that most families share (Hermes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inference.fields.json_schema import Schema


@dataclass(frozen=True)
class Function:
    """One function of the caller's."""

    name: str
    declared: Mapping[str, Any]
    """``{"type": "function", "function": {...}}``, as chat templates read it."""
    at: str
    """Where the schema of its arguments stands in the request."""
    schema: Schema | None = None
    """Of its arguments, where they must keep to it."""


@dataclass(frozen=True)
class Tools:
    """What a request says of tools."""

    functions: tuple[Function, ...]
    """Those that the model is told of."""
    callable: tuple[str, ...]
    """Names of those that it may call."""
    must_call: bool = False
    several: bool = True
    """Whether one answer may hold more than one call."""

    @property
    def is_formed(self) -> bool:
        """Whether calls must keep to a form, rather than be what the model makes of them."""
        return self.must_call or any(function.schema is not None for function in self.functions)


@dataclass(frozen=True)
class ToolFormat:
    """How a family writes a call."""

    name: Literal["hermes", "llama", "mistral"]
    opening: str
    """Before a call, or before a list of them; empty where an answer is a call from its first character."""
    closing: str
    arguments: Literal["arguments", "parameters"]
    is_listed: bool = False
    """Whether several calls stand in one JSON list."""
    has_several: bool = True
    """Whether the family was taught to make several calls at once."""
    is_told: bool = True
    """Whether the template tells the model of the tools; else we do."""


HERMES = ToolFormat("hermes", "<tool_call>", "</tool_call>", "arguments")
UNTOLD = ToolFormat("hermes", "<tool_call>", "</tool_call>", "arguments", is_told=False)
LLAMA = ToolFormat("llama", "", "", "parameters", has_several=False)
MISTRAL = ToolFormat("mistral", "[TOOL_CALLS]", "", "arguments", is_listed=True)


def format_of(template: str) -> ToolFormat:
    """The family of a chat template; one that has none of the known marks is told in our words."""
    if "tools" in template:
        if "[TOOL_CALLS]" in template:
            return MISTRAL
        if "<tool_call>" in template:
            return HERMES
        if "<|python_tag|>" in template or ('"parameters"' in template and "ipython" in template):
            return LLAMA
    return UNTOLD
