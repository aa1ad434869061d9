"""Tool calls come out of an answer alike, however it is cut into pieces; what is none stays text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.engines.text.tool_reader import CallArguments, CallBegun, Event, Said, ToolCallReader
from inference.engines.text.tools import HERMES, LLAMA, MISTRAL, UNTOLD, ToolFormat, format_of

FAMILIES: dict[str, ToolFormat] = {family.name: family for family in (HERMES, LLAMA, MISTRAL)}
Read = tuple[str, list[tuple[str, str]]]

CASES: list[tuple[str, str, Read]] = [
    ("hermes", "Hello < there.\n", ("Hello < there.\n", [])),
    (
        "hermes",
        'Sure.\n<tool_call>\n{"name": "add", "arguments": {"a": "}<", "b": {"c": []}}}\n</tool_call>',
        ("Sure.", [("add", '{"a": "}<", "b": {"c": []}}')]),
    ),
    (
        "hermes",
        '<tool_call>{"name":"a","arguments":{}}</tool_call>\n<tool_call>{"name":"b","arguments":{}}</tool_call>',
        ("", [("a", "{}"), ("b", "{}")]),
    ),
    ("hermes", '<tool_call>{"arguments": {"x": "\\""}, "name": "a"}', ("", [("a", '{"x": "\\""}')])),
    ("hermes", '<tool_call>{"name": "a", "arguments": "{}"}</tool_call>', ("", [("a", "{}")])),
    ("hermes", '<tool_call>{"name": "a", "arguments": {}}</tool_call>\n<tool', ("", [("a", "{}")])),
    ("hermes", "<tool_call>\nnothing", ("<tool_call>nothing", [])),
    ("hermes", '<tool_call>{"nam": 1}</tool_call>', ('<tool_call>{"nam": 1}</tool_call>', [])),
    ("hermes", '<tool_call>{"name": "a", "arguments": {"x": 1', ("", [("a", '{"x": 1')])),
    ("llama", ' {"name": "add", "parameters": {"a": 1}}', ("", [("add", '{"a": 1}')])),
    ("llama", '<|python_tag|>{"name": "add", "parameters": {}}', ("", [("add", "{}")])),
    (
        "llama",
        '{"name": "a", "parameters": {}}; {"name": "b", "parameters": {}}',
        ("", [("a", "{}"), ("b", "{}")]),
    ),
    ("llama", '{"answer": 42}', ('{"answer": 42}', [])),
    ("llama", 'See {"name": "add", "parameters": {}}', ('See {"name": "add", "parameters": {}}', [])),
    (
        "mistral",
        '[TOOL_CALLS] [{"name": "a", "arguments": {"x": [1]}}, {"name": "b", "arguments": {}}]',
        ("", [("a", '{"x": [1]}'), ("b", "{}")]),
    ),
    ("mistral", 'Yes. [TOOL_CALLS]add[ARGS]{"a": 1}', ("Yes.", [("add", '{"a": 1}')])),
    (
        "mistral",
        '[TOOL_CALLS]add{"a": 1}[TOOL_CALLS]sub{"b": 2}',
        ("", [("add", '{"a": 1}'), ("sub", '{"b": 2}')]),
    ),
    ("mistral", "[TOOL_C", ("[TOOL_C", [])),
]


def read(family: ToolFormat, pieces: list[str], *, several: bool = True) -> Read:
    reader = ToolCallReader(family, several=several)
    events: list[Event] = [event for piece in pieces for event in reader.add(piece)] + reader.finish()
    calls: list[tuple[str, str]] = []
    for event in events:
        if isinstance(event, CallBegun):
            assert event.index == len(calls)
            calls.append((event.name, ""))
        elif isinstance(event, CallArguments):
            name, arguments = calls[event.index]
            calls[event.index] = (name, arguments + event.text)
    return "".join(event.text for event in events if isinstance(event, Said)), calls


@pytest.mark.parametrize(("family", "text", "expected"), CASES)
@given(data=st.data())
def test_any_cut_gives_the_same(family: str, text: str, expected: Read, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read(FAMILIES[family], pieces) == expected


def test_arguments_come_while_they_are_written() -> None:
    reader = ToolCallReader(HERMES)
    head = reader.add('<tool_call>{"name": "add", "arguments": {')
    assert head == [CallBegun(0, "add"), CallArguments(0, "{")]
    assert reader.add('"a": 1') == [CallArguments(0, '"a": 1')]


def test_only_the_first_call_where_one_is_asked_for() -> None:
    text = CASES[2][1]
    assert read(HERMES, list(text), several=False) == ("", [("a", "{}")])


@given(
    pieces=st.lists(st.text(alphabet='{}[]"\\<tool_call>/ :,name')),
    family=st.sampled_from([*FAMILIES.values()]),
)
def test_nothing_breaks_it(pieces: list[str], family: ToolFormat) -> None:
    read(family, pieces)


@given(arguments=st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_any_arguments_come_whole(arguments: dict[str, object]) -> None:
    written = json.dumps(arguments)
    text = f'<tool_call>\n{{"name": "f", "arguments": {written}}}\n</tool_call>'
    assert read(HERMES, [text]) == ("", [("f", written)])


@pytest.mark.parametrize(
    ("template", "family"),
    [
        ("{% if tools %}<tool_call>{% endif %}", HERMES),
        ("{% if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]", MISTRAL),
        ('{% if tools %}{"name": f, "parameters": x}{% endif %} ipython', LLAMA),
        ("{{ messages }}", UNTOLD),
        ("{% if tools %}<|tool|>{% endif %}", UNTOLD),
    ],
)
def test_a_family_is_known_by_its_template(template: str, family: ToolFormat) -> None:
    assert format_of(template) == family
