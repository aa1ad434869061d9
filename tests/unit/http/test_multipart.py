"""Forms: what clients send, and what is no form."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.errors import BadRequest, HubletError, InvalidField
from inference.http import multipart
from inference.tasks import get_task

TYPE = "multipart/form-data; boundary=edge"


def form(*parts: tuple[str, bytes]) -> bytes:
    """A part is what stands behind ``form-data; `` and its value."""
    written = [
        b"--edge\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + value + b"\r\n"
        for head, value in parts
    ]
    return b"".join(written) + b"--edge--\r\n"


def test_texts_files_and_lists() -> None:
    body = form(
        ('name="file"; filename="a.wav"', b"RIFF\r\n--edg\x00\xff"),
        ('name="language"', "français".encode()),
        ('name="timestamp_granularities[]"', b"word"),
        ('name="twice"', b"1"),
        ('name="twice"', b"2"),
        ('name="empty"', b""),
    )
    assert multipart.read(body, TYPE) == {
        "file": b"RIFF\r\n--edg\x00\xff",
        "language": "français",
        "timestamp_granularities": ["word"],
        "twice": ["1", "2"],
        "empty": "",
    }


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (form(('name="a"', b"1")), "multipart/form-data", "names no boundary"),
        (form(('name="a"', b"1"))[:-8], TYPE, "cut off"),
        (b"", TYPE, "cut off"),
        (b"no form at all", TYPE, "no multipart form"),
        (form(('filename="a"', b"1")), TYPE, "has no name"),
        (form(*[('name="a"', b"")] * 101), TYPE, "more than 100 parts"),
        (form(('name="a"; ' + "x" * 50_000, b"1")), TYPE, "no multipart form"),
        (form(('name="a"', b"1")), TYPE + "x" * 5_000, "no multipart form"),
    ],
)
def test_what_is_no_form(body: bytes, kind: str, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        multipart.read(body, kind)


def test_a_text_that_is_none_is_named() -> None:
    with pytest.raises(InvalidField, match="language: is not valid UTF-8"):
        multipart.read(form(('name="language"', b"\xff")), TYPE)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), max_size=5))
def test_damage_is_an_error_of_ours_or_a_form(changes: list[tuple[float, bytes]]) -> None:
    body = bytearray(form(('name="file"; filename="a"', b"x" * 99), ('name="language"', b"en")))
    for place, junk in changes:
        begin = int(place * len(body))
        body[begin : begin + len(junk)] = junk
    try:
        multipart.read(bytes(body), TYPE)
    except HubletError as error:
        assert error.status in (400, 422)


def test_many_tiny_parts_take_little_memory() -> None:
    body = form(*[('name="a"', b"")] * 60_000)
    tracemalloc.start()
    with pytest.raises(BadRequest):
        multipart.read(body, TYPE)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < len(body)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"file": b"x"}, {"inputs": b"x"}),
        ({"audio": b"x", "return_timestamps": "word"}, {"audio": b"x", "return_timestamps": "word"}),
        ({"inputs": b"x", "return_timestamps": "true"}, {"inputs": b"x", "return_timestamps": True}),
        ({"inputs": b"x", "language": "1"}, {"inputs": b"x", "language": "1"}),
        (
            {"inputs": b"x", "parameters": '{"temperature": 0}'},
            {"inputs": b"x", "parameters": {"temperature": 0}},
        ),
    ],
)
def test_a_form_is_read_as_json_would_be(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert multipart.document(fields, get_task("speech")) == expected


def test_an_uploaded_text_is_a_text() -> None:
    assert multipart.document({"file": b"Fine!", "top_k": "1"}, get_task("sentiment")) == {
        "inputs": "Fine!",
        "top_k": 1,
    }


def test_parameters_that_are_no_json_are_named() -> None:
    with pytest.raises(InvalidField, match="parameters: must be a JSON object"):
        multipart.document({"file": b"x", "parameters": "{"}, get_task("speech"))
