"""Requests from a task's declared fields: valid, at the edge, and wrong in every way that JSON can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from inference import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Task

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80)
ANY_TEXT = st.text(max_size=60)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=10,
)
# The largest figures are valid and take minutes; a request that asks for them is checked, never run.
CHEAP = {
    "height": (64, 96),
    "width": (64, 96),
    "max_completion_tokens": (1, 4),
    "max_length": (2, 8),
    "max_new_tokens": (1, 4),
    "max_tokens": (1, 4),
    "min_length": (0, 4),
    "min_new_tokens": (0, 4),
    "num_beams": (1, 2),
    "num_inference_steps": (1, 2),
}
COSTLY = ("height", "max_new_tokens", "num_inference_steps", "width")


def bodies(task: Task) -> st.SearchStrategy[Any]:
    """Bodies for ``POST /``; most have the right outline, so that the values decide."""
    examples = st.sampled_from([dict(example.body) for example in task.examples])
    inputs = valid(task.inputs) | ANY_JSON | examples.map(lambda body: body.get("inputs", body))
    outline = {
        "inputs": inputs,
        "parameters": _parameters(task.parameters),
    }
    noise = {"model": ANY_JSON, "options": ANY_JSON, "stream": ANY_JSON, "surprise": ANY_JSON}
    return st.fixed_dictionaries(outline, optional=noise) | st.fixed_dictionaries(outline) | ANY_JSON


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
            return st.lists(valid(field.item), min_size=1, max_size=4)
        case fields.Record():
            return st.fixed_dictionaries({part.name: valid(part) for part in field.parts})
        case fields.Group():
            return _parameters(field.parts)
        case _:
            return _single(field)


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
        case fields.Flag():
            return st.booleans()
        case _:
            return ANY_JSON
