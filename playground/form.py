"""A function's form: its fields, and the request that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.form_field import FormField, field_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from playground.description import Description

INPUTS, PARAMETERS = "inputs", "parameters"


@dataclass(frozen=True)
class Request:
    """What a form says: inputs, chosen parameters, and a model if not the default."""

    inputs: Any
    parameters: Mapping[str, Any]
    model: str | None = None

    def document(self) -> dict[str, Any]:
        """The body of a ``POST``."""
        document: dict[str, Any] = {INPUTS: self.inputs}
        if self.parameters:
            document[PARAMETERS] = dict(self.parameters)
        if self.model:
            document["model"] = self.model
        return document


@dataclass(frozen=True)
class Form:
    """Fields in order: those of the inputs, required parameters, and parameters that may be left out."""

    inputs: tuple[FormField, ...]
    required: tuple[FormField, ...]
    optional: tuple[FormField, ...]

    @property
    def takes_several(self) -> bool:
        """Whether a text may hold one input in each line."""
        return len(self.inputs) == 1 and self.inputs[0].kind == "text" and self.inputs[0].takes_several

    def request(self, values: Sequence[Any], chosen: Sequence[str], *, is_list: bool) -> Request:
        """From the values of inputs, required and optional fields; of the last only those that are chosen."""
        fields = (*self.inputs, *self.required, *self.optional)
        read = {field.path: field.read(value) for field, value in zip(fields, values, strict=True)}
        inputs: Any = {field.name: read[field.path] for field in self.inputs if len(field.path) > 1}
        if not inputs:
            inputs = read[self.inputs[0].path]
            if is_list and isinstance(inputs, str):
                inputs = [line for line in inputs.splitlines() if line.strip()]
        parameters: dict[str, Any] = {}
        for field in (*self.required, *self.optional):
            value = read[field.path]
            if field in self.optional and (field.name not in chosen or value is None):
                continue
            place = parameters
            for group in field.path[1:-1]:
                place = place.setdefault(group, {})
            place[field.name] = value
        return Request("" if inputs is None else inputs, parameters)

    def values(self, request: Request) -> list[Any]:
        """What each field shows for a request; ``None`` where the request leaves it out."""
        document = request.document()
        return [_at(document, field.path) for field in (*self.inputs, *self.required, *self.optional)]

    def read_example(self, body: Mapping[str, Any]) -> Request:
        """An example's body, plain forms included: other names for inputs, parameters beside them."""
        parts = [field.name for field in self.inputs if len(field.path) > 1]
        names = {field.path[1] for field in (*self.required, *self.optional)}
        parameters = dict(body.get(PARAMETERS) or {})
        inputs: Any = body.get(INPUTS)
        record = {name: body[name] for name in parts if name in body}
        for name, value in body.items():
            if name in names:
                parameters[name] = value
            elif name not in (INPUTS, PARAMETERS, "model", *parts):
                inputs = value
        return Request(record or inputs, parameters, body.get("model"))


def form_of(description: Description) -> Form:
    """The form for what a function says that it takes."""
    document = description.document
    required = set(_required(description))
    fields = list(_parameters(document[PARAMETERS]))
    return Form(
        tuple(_inputs(document[INPUTS], description.media_kind)),
        tuple(field for field in fields if field.name in required),
        tuple(field for field in fields if field.name not in required),
    )


def _inputs(schema: Mapping[str, Any], media_kind: str | None) -> list[FormField]:
    one = schema.get("anyOf", [schema])[0]
    if one.get("type") != "object":
        return [field_of((INPUTS,), schema, media_kind)]
    return [field_of((INPUTS, name), part, media_kind) for name, part in one["properties"].items()]


def _parameters(described: Sequence[Mapping[str, Any]]) -> list[FormField]:
    """Groups are taken apart; what they repeat is left out, and so is an object that has no plain form."""
    described = [each for each in described if not (each.get("type") == "object" and "required" in each)]
    # A parameter that may only have one value asks for nothing.
    fields = [_parameter(each) for each in described if each.get("type") != "object" and "const" not in each]
    known = {field.name for field in fields}
    for group in described:
        if group.get("type") == "object":
            for name, part in group["properties"].items():
                if name not in known:
                    fields.append(field_of((PARAMETERS, group["name"], name), part["anyOf"][0]))
    return fields


def _parameter(described: Mapping[str, Any]) -> FormField:
    return field_of((PARAMETERS, described["name"]), described)


def _required(description: Description) -> Sequence[str]:
    """Only the OpenAPI document tells which parameters must be given."""
    body = description.openapi["paths"]["/"]["post"]["requestBody"]["content"]["application/json"]
    found: Sequence[str] = body["schema"]["properties"][PARAMETERS].get("required", ())
    return found


def _at(document: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
