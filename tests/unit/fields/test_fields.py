"""Every field reads any JSON value: a clean value within its limits, or an error that names the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import InvalidField
from inference.fields import (
    Choice,
    Field,
    Flag,
    Group,
    Integer,
    Items,
    Media,
    Number,
    Record,
    Text,
    Words,
    describe,
    read_all,
)

TEXT = Text("inputs", "A text.", max_chars=10)
FIELDS: list[Field] = [
    TEXT,
    Items(TEXT, max_items=3),
    Integer("top_k", "How many.", minimum=1, maximum=5),
    Number("temperature", "How bold.", minimum=0.0, maximum=2.0),
    Choice("mode", "Which.", ("soft", "hard")),
    Flag("normalize", "Whether."),
    Integer("height", "In eights.", minimum=8, maximum=64, multiple_of=8),
    Text("template", "With one gap.", max_chars=10, pattern=r"^[^{}]*\{\}[^{}]*$"),
    Words(TEXT, max_items=3),
    Words(TEXT, max_items=3, splits_commas=True),
    Record("inputs", "A pair.", (TEXT, Flag("is_new", "Whether."))),
    Group("more", "More.", (TEXT, Flag("is_new", "Whether."))),
    Media("inputs", "A picture.", "image", "PNG"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: type(field).__name__)
@given(value=JSON)
def test_any_json_is_a_clean_value_or_an_error_naming_the_field(field: Field, value: object) -> None:
    try:
        clean = field.read(value, "here")
    except InvalidField as error:
        assert error.status == 422
        assert error.message.startswith("here")
    else:
        assert field.read(clean, "here") == clean


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        (TEXT, "", "must not be empty"),
        (TEXT, "x" * 11, "has 11 characters; the limit is 10"),
        (TEXT, "\ud800", "lone surrogate"),
        (TEXT, None, "must be a string, not null"),
        (Items(TEXT, 3), [], "must not be an empty list"),
        (Items(TEXT, 3), ["a"] * 4, "has 4 items; the limit is 3"),
        (Items(TEXT, 3), ["a", 1], "here[1]: must be a string, not a number"),
        (FIELDS[2], 0, "between 1 and 5"),
        (FIELDS[2], 10**400, "between 1 and 5"),
        (FIELDS[2], float("inf"), "whole number"),
        (FIELDS[2], 1.5, "whole number"),
        (FIELDS[2], True, "must be a whole number, not a boolean"),
        (FIELDS[3], float("nan"), "between 0.0 and 2.0"),
        (FIELDS[3], 10**400, "between 0.0 and 2.0"),
        (FIELDS[4], "medium", "one of soft, hard"),
        (FIELDS[5], 1, "must be true or false"),
        (FIELDS[6], 12, "must be a multiple of 8"),
        (FIELDS[7], "no gap", "must match"),
        (FIELDS[8], ["a"] * 4, "has 4 items; the limit is 3"),
        (FIELDS[8], [], "must not be an empty list"),
        (FIELDS[10], {"inputs": "a"}, "here.is_new: is required"),
        (FIELDS[10], {"inputs": "a", "is_new": True, "b": 1}, "here.b: is unknown; known: inputs, is_new"),
        (FIELDS[11], {"b": 1}, "here.b: is unknown"),
        (FIELDS[12], "https://host/picture.png", "addresses are not fetched"),
        (FIELDS[12], "a b", "is not valid base64 of PNG"),
        (FIELDS[12], "", "must not be empty"),
    ],
)
def test_what_breaks_a_limit_is_told_the_limit(field: Field, value: object, problem: str) -> None:
    with pytest.raises(InvalidField) as raised:
        field.read(value, "here")
    assert problem in raised.value.message


@pytest.mark.parametrize("value", ["aGVs\nbG8=\r\n", "data:image/png;base64,aGVsbG8=", "aGVsbG8=", b"hello"])
def test_a_file_in_each_of_its_forms(value: object) -> None:
    assert FIELDS[12].read(value, "inputs") == b"hello"


def test_an_empty_list_may_mean_none() -> None:
    field = Words(TEXT, max_items=3, min_items=0)
    assert field.read([], "stop") == []
    assert field.schema()["anyOf"][0]["minItems"] == 0


def test_commas_split_only_where_they_may() -> None:
    assert FIELDS[8].read("a, b", "labels") == ["a, b"]
    assert FIELDS[9].read("a, b,,a", "labels") == ["a", "b"]


def test_one_item_and_a_list_read_alike() -> None:
    assert Items(TEXT, 3).read("a", "inputs") == Items(TEXT, 3).read(["a"], "inputs") == ["a"]


def test_a_whole_float_is_an_integer() -> None:
    assert FIELDS[2].read(3.0, "top_k") == 3


def test_null_and_absence_mean_the_default() -> None:
    fields = (Integer("top_k", "How many.", 1, 5, default=2), Flag("normalize", "Whether."))
    assert read_all(fields, {"top_k": None}, "parameters") == {"top_k": 2, "normalize": None}
    assert read_all(fields, None, "parameters") == {"top_k": 2, "normalize": None}


@pytest.mark.parametrize("values", [[], "x", 3])
def test_parameters_must_be_an_object(values: object) -> None:
    with pytest.raises(InvalidField, match="parameters: must be an object"):
        read_all((), values, "parameters")


def test_an_unknown_name_is_named_in_printable_words() -> None:
    with pytest.raises(InvalidField) as raised:
        read_all((Flag("normalize", "Whether."),), {"top\nk\ud800" + "x" * 100: 1}, "parameters")
    assert raised.value.message.isprintable()
    assert "known: normalize" in raised.value.message
    assert len(raised.value.message) < 120


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: type(field).__name__)
def test_a_description_has_name_type_default_and_help(field: Field) -> None:
    description = describe(field)
    assert {"name", "default", "description"} < description.keys()
    assert {"type", "anyOf"} & description.keys()
