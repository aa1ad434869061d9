"""Random JSON schemas of answers that end: every text, list and object in them is bounded."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
NAMES = st.sampled_from(["a", "name", "is it?", "größe", "x-1", "日本", 'q"'])
VALUES = st.none() | st.booleans() | st.integers(-99, 99) | st.sampled_from(["", "no", 'é"\\', "a/b"])


def bounded(name: str, low: int, high: int) -> st.SearchStrategy[Schema]:
    """Keywords ``min<name>`` and ``max<name>``."""
    return st.tuples(st.integers(0, low), st.integers(low, high)).map(
        lambda limits: {f"min{name}": limits[0], f"max{name}": limits[1]}
    )


def _with(kind: str, more: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return more.map(lambda keywords: {"type": kind, **keywords})


NUMBERS = st.tuples(st.integers(-20, 5), st.integers(6, 99)).map(
    lambda limits: {"minimum": limits[0], "maximum": limits[1]}
)
LEAVES = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    _with("integer", NUMBERS),
    _with("integer", NUMBERS.map(lambda limits: {**limits, "multipleOf": 3})),
    _with("string", bounded("Length", 2, 9)),
    st.sampled_from(["^[a-c]{2}$", "^[0-9]{1,3}-x$", "^(yes|no)$"]).map(
        lambda pattern: {"type": "string", "pattern": pattern}
    ),
    st.sampled_from(["date", "time", "ipv4", "uuid"]).map(lambda name: {"type": "string", "format": name}),
    st.lists(VALUES, min_size=1, max_size=3).map(lambda values: {"enum": values}),
    VALUES.map(lambda value: {"const": value}),
)


def _composed(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    arrays = st.builds(
        lambda items, limits: {"type": "array", "items": items, **limits}, inner, bounded("Items", 1, 3)
    )
    tuples = st.lists(inner, min_size=1, max_size=2).map(
        lambda first: {"type": "array", "prefixItems": first, "items": False, "minItems": len(first)}
    )
    return (
        arrays
        | tuples
        | objects(inner)
        | st.lists(inner, min_size=1, max_size=2).map(lambda of: {"anyOf": of})
    )


def objects(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """Objects with some of their parts required, and a note or two that decides nothing."""
    return st.builds(
        lambda parts, few, note: {
            "type": "object",
            "properties": parts,
            "required": list(parts)[: few + 1],
            "additionalProperties": False,
            **note,
        },
        st.dictionaries(NAMES, inner, min_size=1, max_size=3),
        st.integers(0, 2),
        st.sampled_from([{}, {"title": "T"}, {"description": "D", "x-y": 1}]),
    )


SCHEMAS = st.recursive(LEAVES, _composed, max_leaves=5)


def referred(schema: Schema) -> Schema:
    """The same by reference, from a name that must be escaped."""
    return {"$defs": {"A/[é]": schema}, "$ref": "#/$defs/A~1[é]"}


ANY_SCHEMA = SCHEMAS | SCHEMAS.map(referred)
