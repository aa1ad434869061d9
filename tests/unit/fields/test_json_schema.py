"""A caller's schema: notes are dropped, what decides stays, and what is wrong is named by its path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import InvalidField
from inference.fields import Grammar, ResponseFormat, json_schema

PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.mark.parametrize(
    ("given_schema", "clean"),
    [
        (True, True),
        ({}, {}),
        ({"title": "T", "description": "D", "default": 1, "x-y": 2, "type": "string"}, {"type": "string"}),
        ({"type": "string", "format": "path"}, {"type": "string"}),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"uniqueItems": False}, {}),
        ({"uniqueItems": True}, {"uniqueItems": True}),
        ({"properties": {"title": {"title": "T"}}}, {"properties": {"title": {}}}),
        (
            {"properties": {"a": True}, "items": [{"$comment": "x"}]},
            {"properties": {"a": True}, "prefixItems": [{}]},
        ),
        (
            {"const": {"title": 1}, "enum": [{"default": 2}]},
            {"const": {"title": 1}, "enum": [{"default": 2}]},
        ),
        ({"x-guidance": {"lenient": True}}, {}),
        ({"items": [{}], "additionalItems": False}, {"prefixItems": [{}], "items": False}),
        ({"items": {}, "additionalItems": False}, {"items": {}}),
        (
            {"$defs": {"[é]": {}}, "$ref": "#/$defs/[é]"},
            {"$defs": {"[é]": {}}, "$ref": "#/$defs/%5B%C3%A9%5D"},
        ),
    ],
)
def test_only_what_decides_is_kept(given_schema: Any, clean: Any) -> None:
    assert json_schema.read(given_schema, "s") == clean


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (7, "s: must be a JSON Schema"),
        ({"properties": []}, "s.properties: must be an object of schemas"),
        ({"properties": {"a": 3}}, "s.properties.a: must be a JSON Schema"),
        ({"anyOf": {}}, "s.anyOf: must be a list of schemas"),
        ({"anyOf": [{}, {"items": "x"}]}, "s.anyOf[1].items: must be a JSON Schema"),
        ({"$ref": "https://example.com/a.json"}, "s.$ref: must begin with #/"),
        ({"exclusiveMinimum": True}, "s.exclusiveMinimum: must be a number, not a boolean"),
        ({"$ref": 5}, "s.$ref: must begin with #/"),
        ({"items": {"$ref": "#/$defs/X"}}, "s.items.$ref: leads to no schema"),
        ({"$ref": "#"}, "s.$ref: leads back to itself"),
        ({"$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {}]}}}, "s.$defs.A.anyOf[0].$ref: leads back"),
        (
            {"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"},
            "s.$defs.B.$ref: leads back",
        ),
        ({"enum": ["x" * 60_000]}, "s: has more than 50,000 characters"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(schema: Any, problem: str) -> None:
    with pytest.raises(InvalidField) as told:
        json_schema.read(schema, "s")
    assert told.value.message.startswith(problem)


def test_a_schema_that_is_too_deep_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(200):
        schema = {"items": schema}
    with pytest.raises(InvalidField, match="lies more than 64 schemas deep"):
        json_schema.read(schema, "s")


def test_a_tree_may_refer_to_itself_through_its_parts() -> None:
    tree = {"type": "object", "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}
    assert json_schema.read(tree, "s") == tree


@given(name=st.text(max_size=8))
def test_references_to_any_name_are_followed(name: str) -> None:
    pointer = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    assert json_schema.find({"$defs": {name: PERSON}}, f"#/$defs/{pointer}") == PERSON


@pytest.mark.parametrize(
    "value",
    [
        {"type": "json_schema", "json_schema": {"name": "Person", "strict": True, "schema": PERSON}},
        {"type": "json_schema", "value": {"name": "Person", "schema": PERSON}},
        {"type": "json_object", "schema": PERSON},
        {"type": "json", "value": PERSON},
    ],
)
def test_every_clients_words_for_a_schema(value: dict[str, Any]) -> None:
    form = ResponseFormat().read(value, "response_format")
    assert form
    assert (form.kind, form.value, form.field) == ("json_schema", PERSON, "response_format")
    assert form.at.startswith("response_format.")


def test_the_hubs_words_for_a_form() -> None:
    assert Grammar().read({"type": "json", "value": PERSON}, "g").value == PERSON
    assert Grammar().read({"type": "json", "value": '{"type": "string"}'}, "g").value == {"type": "string"}
    assert Grammar().read({"type": "regex", "value": "a+"}, "g").value == "a+"
    assert ResponseFormat().read({"type": "text"}, "r") is None


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("json", "r: must be an object with a type"),
        ({}, "r.type: must be a string, not null"),
        ({"type": "xml"}, "r.type: must be one of text, json_object, json_schema, regex"),
        ({"type": "json_schema", "json_schema": {"name": "x"}}, "r.json_schema.schema: is required"),
        ({"type": "json_schema", "json_schema": 3}, "r.json_schema: must be an object with a schema"),
        (
            {"type": "json_schema", "json_schema": {"schema": {"items": 3}}},
            "r.json_schema.schema.items: must",
        ),
        ({"type": "json_schema"}, "r.schema: must be a JSON Schema"),
        ({"type": "regex", "value": ""}, "r.value: has 0 characters"),
        ({"type": "json", "value": "{"}, "r.value: must be a JSON Schema; the text is no JSON"),
    ],
)
def test_a_form_that_cannot_be_read_is_named(value: Any, problem: str) -> None:
    with pytest.raises(InvalidField) as told:
        ResponseFormat().read(value, "r")
    assert told.value.message.startswith(problem)
