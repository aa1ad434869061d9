"""Answers keep to a form, whatever the weights say; a form that cannot be kept is named by its path."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from inference.convert.genai import recipe
from inference.convert.proofs import texts as proof_texts
from inference.convert.recipe import Source
from inference.engines.genai.engine import GenaiEngine, load
from inference.engines.text.tools import HERMES, LLAMA, MISTRAL, Function, ToolFormat, Tools
from inference.errors import InvalidField
from inference.fields import Form, ResponseFormat, json_schema
from inference.fields.grammar import pattern_form, schema_form
from inference.http.openai.tool_calls import collected, read
from tests.support.models import converted
from tests.support.models.decoders import make_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

TAG = "text-generation"
AT = "response_format.json_schema.schema"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> GenaiEngine:
    """Random weights: without a form, what they say is no JSON."""
    snapshot = make_snapshot(tmp_path_factory.mktemp("llama"), "llama")
    config = json.loads((snapshot / "config.json").read_text())
    source = Source(snapshot, config, TAG, tuple(proof_texts.read()[::8]), "fp32", 1)
    parent = tmp_path_factory.mktemp("artifacts")
    return load(converted.convert(recipe, source, parent, engine="genai", head=TAG)[0], TAG, 1)


def form(schema: Any) -> Form:
    read = ResponseFormat().read(
        {"type": "json_schema", "json_schema": {"schema": schema}}, "response_format"
    )
    assert read
    return read


def written(engine: GenaiEngine, form: Form, **parameters: Any) -> str:
    """A whole answer."""
    done = engine.complete("fox", {"max_new_tokens": 60, "grammar": form} | parameters)
    assert done.finish_reason == "stop"
    return "".join(done.pieces)


SCHEMAS: list[Mapping[str, Any]] = [
    {"enum": ["red", "green", 3]},
    {
        "type": "object",
        "properties": {"a": {"type": "boolean"}},
        "required": ["a"],
        "additionalProperties": False,
    },
    {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3},
    {"$defs": {"é/~%": {"const": "x"}}, "$ref": "#/$defs/é~1~0%25"},
    {"anyOf": [{"type": "null"}, {"type": "boolean"}]},
    {"type": "string", "maxLength": 4},
    {"type": "integer", "minimum": 3, "maximum": 70},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_an_answer_that_ended_validates(engine: GenaiEngine, schema: Mapping[str, Any]) -> None:
    for seed in range(3):
        text = written(engine, form(schema), do_sample=True, seed=seed)
        jsonschema.Draft202012Validator(schema).validate(json.loads(text))


def test_a_pattern_is_matched_as_a_whole(engine: GenaiEngine) -> None:
    text = written(engine, pattern_form("[0-9]{3}-(a|b)", "grammar", "grammar.value"))
    assert re.fullmatch("[0-9]{3}-(a|b)", text)


def test_the_hubs_route_takes_a_form_too(engine: GenaiEngine) -> None:
    from inference.task import Call

    call = Call(["fox"], {"max_new_tokens": 9, "grammar": form({"enum": [7]})}, is_list=False)
    assert engine.run(call).results == [{"generated_text": "7"}]


@pytest.mark.parametrize("name", ["min_new_tokens", "min_length"])
def test_a_form_says_when_an_answer_ends(engine: GenaiEngine, name: str) -> None:
    with pytest.raises(InvalidField, match=rf"^parameters\.{name}: cannot be kept"):
        engine.stream("fox", {"grammar": form({"enum": [7]}), name: 9})


def test_a_form_that_becomes_too_large_on_the_way_is_refused(engine: GenaiEngine) -> None:
    """The library finds out only while it writes; the next answer is not touched."""
    endless = {"type": "object", "properties": {"n": {"$ref": "#"}}, "required": ["n"]}
    with pytest.raises(InvalidField, match=f"^{re.escape(AT)}: cannot be followed: "):
        engine.complete("fox", {"grammar": form(endless), "max_new_tokens": 9})
    assert written(engine, form({"enum": [7]})) == "7"


REFUSED: list[tuple[Any, str]] = [
    ({"uniqueItems": True}, f"{AT}.uniqueItems: cannot be followed by a grammar"),
    (
        {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}},
        f"{AT}.properties.a.uniqueItems: ",
    ),
    ({"items": {"anyOf": [{"type": "null"}, {"not": {"type": "null"}}]}}, f"{AT}.items.anyOf[1].not: "),
    (
        {
            "$defs": {"Unused": {"not": {}}, "Tag/s": {"type": "array", "uniqueItems": True}},
            "type": "object",
            "properties": {"tags": {"$ref": "#/$defs/Tag~1s"}},
        },
        f"{AT}.$defs.Tag/s.uniqueItems: ",
    ),
    ({"type": "string", "pattern": "("}, f"{AT}: cannot be followed: "),
    ({"items": {"oneOf": [{"type": "string"}, {"minLength": 2}]}}, f"{AT}.items: cannot be followed: oneOf"),
    ({"properties": {"a": False}, "required": ["a"], "type": "object"}, f"{AT}: cannot be followed: "),
    ({"type": "color"}, f"{AT}: cannot be followed: "),
    (False, f"{AT}: cannot be followed: "),
]


@pytest.mark.parametrize(("schema", "problem"), REFUSED, ids=str)
def test_a_schema_that_cannot_be_followed_is_refused_by_its_path(
    engine: GenaiEngine, schema: Any, problem: str
) -> None:
    with pytest.raises(InvalidField) as told:
        engine.stream("fox", {"grammar": form(schema)})
    assert told.value.message.startswith(problem)


def test_a_pattern_that_cannot_be_followed_is_refused(engine: GenaiEngine) -> None:
    with pytest.raises(InvalidField, match=r"^grammar\.value: cannot be followed: look-around"):
        engine.stream("fox", {"grammar": pattern_form("(?=a)b", "grammar", "grammar.value")})


@pytest.mark.parametrize("name", json_schema.FORMATS)
def test_every_format_that_is_kept_is_followed(engine: GenaiEngine, name: str) -> None:
    engine.stream("fox", {"grammar": schema_form({"type": "string", "format": name}, "r", "r")})


CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"n": {"type": "integer", "maximum": 99, "minimum": 0}},
}
CITY |= {"required": ["n"], "additionalProperties": False}
CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "fox"}]


def tools(schema: Any, *, several: bool = False) -> Tools:
    declared = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    function = Function("weather", declared, "tools[0].function.parameters", schema)
    return Tools((function,), ("weather",), must_call=True, several=several)


@pytest.mark.parametrize("family", [HERMES, LLAMA, MISTRAL], ids=lambda family: family.name)
def test_a_call_that_must_come_keeps_to_its_familys_form(engine: GenaiEngine, family: ToolFormat) -> None:
    """Random weights call nothing by themselves."""
    engine.__dict__["tool_format"] = family  # as another template would have it
    done = engine.complete("fox", {"tools": tools(CITY), "max_new_tokens": 200, "do_sample": False})
    del engine.__dict__["tool_format"]
    text, calls = collected(event for event, _ in read(replace(done, tool_format=family)) if event)
    assert done.finish_reason == "stop", done.pieces
    assert (text, [name for name, _ in calls]) == ("", ["weather"])
    jsonschema.validate(json.loads(calls[0][1]), CITY)


def test_a_tool_that_cannot_be_followed_is_refused_by_its_path(engine: GenaiEngine) -> None:
    asked = tools({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}})
    with pytest.raises(
        InvalidField, match=r"^tools\[0\]\.function\.parameters\.properties\.a\.uniqueItems: "
    ):
        engine.stream(CHAT, {"tools": asked})


def test_scores_are_those_of_the_drawn_tokens(engine: GenaiEngine) -> None:
    done = engine.complete("fox", {"max_new_tokens": 5, "do_sample": False, "logprobs": 3})
    assert len(done.scores) == done.completion_tokens - (done.finish_reason == "stop")
    for score in done.scores:
        assert score.likeliest[0] == (score.token, score.logprob)  # greedy
        assert [each[1] for each in score.likeliest] == sorted(each[1] for each in score.likeliest)[::-1]
        assert sum(math.exp(each[1]) for each in score.likeliest) <= 1.0001
    assert engine.complete("fox", {"max_new_tokens": 5, "do_sample": False}).pieces == done.pieces


def test_a_bias_bans_or_forces_a_token(engine: GenaiEngine) -> None:
    greedy: dict[str, Any] = {"max_new_tokens": 4, "do_sample": False}
    usual = [piece.token_id for piece in engine.stream("fox", greedy).pieces]
    banned = [
        piece.token_id for piece in engine.stream("fox", {**greedy, "logit_bias": {usual[0]: -100}}).pieces
    ]
    assert usual[0] not in banned
    forced = [piece.token_id for piece in engine.stream("fox", {**greedy, "logit_bias": {7: 100}}).pieces]
    assert forced == [7] * 4
    varied = {**greedy, "logit_bias": {7: 1.0}, "presence_penalty": 2.0, "frequency_penalty": 2.0}
    assert len({piece.token_id for piece in engine.stream("fox", varied).pieces}) > 1
    with pytest.raises(InvalidField, match=r"^logit_bias\.99999999: is no token"):
        engine.stream("fox", {"logit_bias": {99999999: 1.0}})


def test_scores_of_an_answer_in_a_form(engine: GenaiEngine) -> None:
    done = engine.complete("fox", {"max_new_tokens": 20, "grammar": form({"enum": [7]}), "logprobs": 0})
    assert "".join(score.token for score in done.scores) == "7"
