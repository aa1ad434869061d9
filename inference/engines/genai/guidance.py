"""Answers in a given form: onnxruntime-genai masks the tokens that would break it (llguidance).

The library says what it cannot follow only when generation starts, and not where. So a schema that it refuses
is tried again part by part, and the deepest part that fails is named.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from inference.engines.text.tool_grammar import arguments_schema, grammar
from inference.errors import InvalidField
from inference.fields import Form, json_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inference.engines.text.tools import ToolFormat, Tools
    from inference.fields.json_schema import Schema

REFUSED = "Error creating grammar: "
"""How the library's message begins, whatever the grammar's kind."""
GRAMMARS = re.compile("gramm|guidance|lexer|parser|llg", re.IGNORECASE)
"""A word of the library's messages about a grammar that became too complex."""
SPACING = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
"""One way to space JSON: a small model that may add blanks adds them without end."""
Refusal = str | None


@dataclass(frozen=True)
class Guidance:
    """A grammar, and what of the request it was made of."""

    kind: Literal["json_schema", "regex", "lark_grammar"]
    """As the library names it."""
    data: str
    forms: tuple[Form, ...]

    @property
    def at(self) -> str:
        """Where an error looks first."""
        return self.forms[0].at


def guidance(
    parameters: Mapping[str, Any], family: ToolFormat, token_of: Callable[[str], int | None]
) -> Guidance | None:
    """What an answer must keep to; ``None`` where it may be anything."""
    form: Form | None = parameters.get("grammar")
    tools: Tools | None = parameters.get("tools")
    if form:
        for name in ("min_new_tokens", "min_length"):
            if parameters.get(name):
                raise InvalidField(f"parameters.{name}", "cannot be kept: an answer in a form ends with it")
    if tools is None or not (form or tools.is_formed):
        if form is None:
            return None
        data = schema_text(form.value) if form.kind == "json_schema" else str(form.value)
        return Guidance(form.kind, data, (form,))
    arguments = [
        Form("json_schema", arguments_schema(function), "tools", function.at)
        for function in tools.functions
        if function.name in tools.callable
    ]
    text = grammar(tools, family, form, schema_text, token_of)
    return Guidance("lark_grammar", text, (*arguments, *([form] if form else [])))


class GuidedGenerator:
    """A generator whose grammar can become too complex on the way, which is the caller's error."""

    def __init__(self, generator: Any, guidance: Guidance) -> None:
        self._generator = generator
        self._guidance = guidance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)

    def generate_next_token(self) -> None:
        """One token that the grammar allows."""
        try:
            self._generator.generate_next_token()
        except RuntimeError as error:
            if not GRAMMARS.search(str(error)):
                raise
            raise InvalidField(self._guidance.at, f"cannot be followed: {_first_line(error)}") from error


def generator(model: Any, options: Any, guidance: Guidance | None) -> Any:
    """onnxruntime-genai's generator, kept to the grammar where there is one."""
    import onnxruntime_genai as og

    if guidance is None:
        return og.Generator(model, options)
    options.set_guidance(guidance.kind, guidance.data)
    try:
        return GuidedGenerator(og.Generator(model, options), guidance)
    except RuntimeError as error:
        if not str(error).startswith(REFUSED):
            raise
        raise refused(guidance, _first_line(error), lambda schema: _refusal(model, schema)) from error


def schema_text(schema: Schema) -> str:
    """A schema as the library reads it."""
    if schema is False:
        return "false"
    return json.dumps({**({} if schema is True else schema), "x-guidance": SPACING})


def refused(guidance: Guidance, message: str, refusal: Callable[[Schema], Refusal]) -> InvalidField:
    """The error that names what of a grammar cannot be followed; ``refusal`` tries a schema."""
    schemas = [form for form in guidance.forms if form.kind == "json_schema"]
    for form in schemas:
        reason = message if len(guidance.forms) == 1 else refusal(form.value)
        if reason is not None:
            return _named(form, *deepest_refusal(form.value, reason, refusal))
    return InvalidField(guidance.forms[-1].at, f"cannot be followed: {message}")


def _named(form: Form, place: tuple[str | int, ...], message: str) -> InvalidField:
    at = json_schema.path(form.at, place)
    if found := re.search(r'Unimplemented keys: \["([^"]+)"', message):
        return InvalidField(f"{at}.{found[1]}", "cannot be followed by a grammar")
    return InvalidField(at, f"cannot be followed: {message}")


def deepest_refusal(
    root: Schema, message: str, refusal: Callable[[Schema], Refusal]
) -> tuple[tuple[str | int, ...], str]:
    """The place of the smallest part that is refused by itself, and why."""
    whole = relocated(root, "#/$defs/whole")
    place: tuple[str | int, ...] = ()
    schema, seen = root, [id(root)]
    while True:
        for step, inner in _beneath(root, schema, place):
            if id(inner) in seen:
                continue
            seen.append(id(inner))
            part = {"$ref": "#/$defs/whole" + _pointer(step), "$defs": {"whole": whole}}
            if (found := refusal(part)) is not None:
                schema, place, message = inner, step, found
                break
        else:
            return place, message


def _beneath(
    root: Schema, schema: Schema, place: tuple[str | int, ...]
) -> list[tuple[tuple[str | int, ...], Schema]]:
    """Parts of a schema and what it refers to; definitions that nothing uses are none of them."""
    found: list[tuple[tuple[str | int, ...], Schema]] = [
        ((*place, *step), inner)
        for step, inner in json_schema.children(schema)
        if step[0] not in ("$defs", "definitions") and not isinstance(inner, bool)
    ]
    if isinstance(schema, dict) and "$ref" in schema:
        target = json_schema.find(root, schema["$ref"])
        steps = json_schema.steps(schema["$ref"])
        if target is not None:
            found.append((steps, target))
    return found


def relocated(schema: Schema, where: str) -> Schema:
    """The same schema with its references as they must be when it stands at ``where``."""
    if isinstance(schema, bool):
        return schema
    moved = dict(schema)
    for place, inner in json_schema.children(schema):
        name = str(place[0])
        if len(place) == 1:
            moved[name] = relocated(inner, where)
            continue
        if moved[name] is schema[name]:
            moved[name] = schema[name].copy()
        moved[name][place[1]] = relocated(inner, where)
    if "$ref" in moved:
        moved["$ref"] = where + moved["$ref"][1:]
    return moved


def _pointer(place: tuple[str | int, ...]) -> str:
    return "".join("/" + quote(str(part).replace("~", "~0").replace("/", "~1"), safe="$~") for part in place)


def _refusal(model: Any, schema: Schema) -> Refusal:
    """Why the library does not follow a schema; ``None`` where it does."""
    import onnxruntime_genai as og

    options = og.GeneratorParams(model)
    options.set_search_options(max_length=2)
    options.set_guidance("json_schema", schema_text(schema))
    try:
        og.Generator(model, options)
    except RuntimeError as error:
        return _first_line(error)
    return None


def _first_line(error: RuntimeError) -> str:
    """The library's reason, short enough for a message."""
    lines = str(error).removeprefix(REFUSED).splitlines() or ["?"]
    reason = next((line for line in lines if line.startswith("error: ")), lines[0])
    return reason.removeprefix("error: ")[:200]
