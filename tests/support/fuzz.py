"""Requests from a task's declared fields: valid, at the edge, and wrong in every way that JSON can be."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from inference import fields
from inference.http.openai import embeddings, options, responses
from inference.http.openai.logprobs import LogitBias
from inference.http.openai.messages import ROLES, Messages
from inference.http.openai.response_items import Format, Input
from inference.http.openai.tools import ToolChoice, ToolList
from inference.task import packaged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Task

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
ANY_TEXT = st.text(st.characters(), max_size=60)  # lone surrogates too
EDGES = st.sampled_from([-1, 0, 1e9, 2**31, 2**63, 10**400, 1e308, 5e-324, -0.0, "", "\0", "\ud800", [], {}])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | EDGES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)
DEEP = st.builds(
    lambda head, opening, closing, depth: f'{{"{head}": {opening * depth}1{closing * depth}}}'.encode(),
    st.sampled_from(["inputs", "parameters", "options"]),
    st.sampled_from(["[", '{"a":']),
    st.sampled_from(["]", "}", ""]),
    st.integers(1, 20_000),
)
"""As bytes, since Python cannot write JSON that deep; much of it is not well-formed."""
# The largest figures are valid and take minutes; a request that asks for them is checked, never run.
CHEAP = {
    "height": (64, 96),
    "width": (64, 96),
    "max_completion_tokens": (1, 4),
    "max_length": (2, 8),
    "max_new_tokens": (1, 4),
    "max_output_tokens": (1, 4),
    "max_tokens": (1, 4),
    "min_length": (0, 4),
    "min_new_tokens": (0, 4),
    "n": (1, 2),
    "num_beams": (1, 2),
    "num_inference_steps": (1, 2),
}
DATA_URL = "data:application/octet-stream;base64,"
COSTLY = ("height", "max_new_tokens", "num_inference_steps", "width")


def bodies(task: Task) -> st.SearchStrategy[Any]:
    """Bodies for ``POST /``, bytes or values; most have the right outline, so that the values decide."""
    examples = st.sampled_from([dict(example.body) for example in task.examples])
    inputs = valid(task.inputs) | ANY_JSON | examples.map(lambda body: body.get("inputs", body))
    outline = {
        "inputs": inputs,
        "parameters": _parameters(task.parameters),
    }
    noise = {
        "model": st.just(task.model.id) | ANY_JSON,
        "options": ANY_JSON,
        "stream": ANY_JSON,
        "surprise": ANY_JSON,
    }
    right = st.fixed_dictionaries(outline)
    return right | st.fixed_dictionaries(outline, optional=noise) | _plain(task, inputs) | ANY_JSON | DEEP


def _plain(task: Task, inputs: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The forms of direct invokes: another name for ``inputs``, its parts, parameters beside them."""
    names = st.sampled_from(["inputs", *task.aliases])
    named = st.builds(lambda name, value: {name: value}, names, inputs)
    parts = st.fixed_dictionaries(dict.fromkeys(task.parts, TEXT | ANY_JSON))
    body = parts | named if task.parts else named
    return st.builds(
        lambda body, beside: {**beside, **body},
        body,
        _parameters(task.parameters),
    )


def openai_bodies(path: str) -> st.SearchStrategy[Any]:
    """Bodies for a route of OpenAI's."""
    asked: dict[str, Sequence[fields.Field]] = {
        "/v1/chat/completions": options.CHAT,
        "/v1/completions": options.TEXT,
        "/v1/embeddings": embeddings.FIELDS,
        "/v1/responses": responses.FIELDS,
    }
    known = {field.name: valid(field) for field in asked[path]}
    subject = next(name for name in known if name in ("input", "messages", "prompt"))
    always = {name: known.pop(name) for name in (subject, "max_tokens", "max_output_tokens") if name in known}
    wrong = dict.fromkeys((*known, "model", "user", "n", "logprobs", "tools", "surprise"), ANY_JSON)
    return (
        st.fixed_dictionaries(always, optional=known)
        | st.fixed_dictionaries(always, optional=wrong)
        | st.fixed_dictionaries({**always, subject: ANY_JSON}, optional=known)
        | ANY_JSON
        | DEEP
    )


def _parameters(parameters: Sequence[fields.Field]) -> st.SearchStrategy[Any]:
    """Valid ones for the most part, cheap ones always; now and then anything at all."""
    cheap = {field.name: valid(field) for field in parameters if field.name in COSTLY}
    others = {field.name: valid(field) for field in parameters if field.name not in COSTLY}
    wrong = {field.name: ANY_JSON for field in parameters if field.name not in COSTLY}
    right = st.fixed_dictionaries(cheap, optional=others)
    return (
        right
        | right
        | st.fixed_dictionaries(cheap, optional=wrong)
        | st.fixed_dictionaries(cheap, optional={**others, "surprise": ANY_JSON})
    )


def valid(field: fields.Field) -> st.SearchStrategy[Any]:
    """Values that a field accepts, the limits included."""
    match field:
        case fields.Items():
            return valid(field.item) | st.lists(valid(field.item), min_size=1, max_size=3)
        case fields.Words():
            several = st.lists(valid(field.item), min_size=field.min_items, max_size=4)
            return several | several.map(",".join) if field.splits_commas else several | valid(field.item)
        case fields.Record():
            return st.fixed_dictionaries({part.name: valid(part) for part in field.parts})
        case fields.Group():
            return _parameters(field.parts)
        case _:
            return _openais(field)


def _openais(field: fields.Field) -> st.SearchStrategy[Any]:
    """Fields of OpenAI's bodies alone."""
    match field:
        case Messages():
            message = {"role": st.sampled_from(ROLES), "content": TEXT}
            return st.lists(st.fixed_dictionaries(message), min_size=1, max_size=3)
        case Input():
            items = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": TEXT})
            return TEXT | st.lists(items, min_size=1, max_size=3)
        case Format():
            return st.fixed_dictionaries({}, optional={"format": _forms() | ANY_JSON})
        case LogitBias():
            return st.dictionaries(st.sampled_from(["1", "2"]), st.floats(-100, 100), max_size=2)
        case ToolList():
            return _tools()
        case ToolChoice():
            return st.sampled_from(
                ["auto", "none", "required", {"type": "function", "function": {"name": "f"}}]
            )
        case fields.Grammar() | fields.ResponseFormat():
            return _forms()
        case _:
            return _single(field)


def _tools() -> st.SearchStrategy[Any]:
    """Functions without arguments, so that a call of one is short."""
    schemas = st.sampled_from([None, {"type": "object", "properties": {}, "additionalProperties": False}])
    function = st.fixed_dictionaries({"name": st.just("f"), "parameters": schemas | ANY_JSON})
    return st.lists(st.fixed_dictionaries({"type": st.just("function"), "function": function}), max_size=2)


def _forms() -> st.SearchStrategy[Any]:
    """Forms of an answer that are short, so that an answer is too."""
    schemas = [{"enum": [1, "a"]}, {"type": "boolean"}, {"const": None}, {}, {"$ref": "#"}]
    kinds = st.sampled_from(["json", "json_schema"])
    patterns = st.sampled_from(["a+", "(", "[ab]"])
    return st.fixed_dictionaries(
        {"type": kinds, "value": st.sampled_from(schemas) | ANY_JSON}
    ) | st.fixed_dictionaries({"type": st.just("regex"), "value": patterns})


def _single(field: fields.Field) -> st.SearchStrategy[Any]:
    match field:
        case fields.Text(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(exclude_categories=["Cs"]))
        case fields.Text():
            return TEXT.map(lambda value: value[: field.max_chars])
        case fields.Integer():
            low, high = CHEAP.get(field.name, (field.minimum, field.maximum))
            step = field.multiple_of
            return st.integers(-(-low // step), high // step).map(lambda value: value * step)
        case fields.Number():
            return st.floats(field.minimum, field.maximum)
        case fields.Choice():
            return st.sampled_from(field.choices)
        case fields.FlagOrWord():
            return st.booleans() | st.just(field.word)
        case fields.Flag():
            return st.booleans()
        case fields.Neutral():
            return st.just(field.value)
        case fields.Media():
            return _files("three.png" if field.kind == "image" else "sentence.ogg")
        case _:
            raise TypeError(f"no values are known for {field}")


def _files(name: str) -> st.SearchStrategy[str]:
    """A good file, or what is left of it: cut, or with other bytes here and there."""
    good = base64.b64decode(packaged(name))
    cut = st.integers(0, len(good)).map(lambda end: good[:end])
    places = st.dictionaries(st.integers(0, len(good) - 1), st.integers(0, 255), max_size=8)
    damaged = places.map(lambda changes: bytes(changes.get(at, byte) for at, byte in enumerate(good)))
    encoded = (st.just(good) | cut | damaged | st.binary(max_size=60)).map(base64.b64encode)
    return st.builds(lambda head, data: head + data.decode(), st.sampled_from(["", DATA_URL]), encoded)
