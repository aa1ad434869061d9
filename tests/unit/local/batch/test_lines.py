"""A user's file: which lines are sent, and what is said of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.batch.lines import BadFile, read_lines

if TYPE_CHECKING:
    from pathlib import Path

MOST = 5_000


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"inputs": "a"}\n\n  \r\n{"custom_id": "x", "inputs": "\xc3\xa9", "id": "theirs"}')
    found = list(read_lines(path, None, MOST))
    assert [(line.number, line.problem) for line in found] == [(1, ""), (4, "")]
    assert json.loads(found[1].text) == {"custom_id": "x", "inputs": "é", "id": "line-4"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"{", "the line is not valid JSON: Expecting property name"),
        (b'{"inputs": NaN}', "the line is not valid JSON"),
        (b'{"inputs": "\xff"}', "the line is not valid JSON"),
        (b'{"inputs": "\\ud800"}', "the line is not valid JSON"),
        (b'"text"', "a line must be a JSON object"),
        (b"[" * 3000, "the line is nested too deeply"),
        (b'{"inputs": "' + b"a" * 9000 + b'"}', "the line is too long; the limit is 4,000 bytes"),
        (b'{"inputs": "' + b"a" * 3985 + b'"}', "the line is too long"),  # with its id
        (b'{"a": ' + b"1" * 3990 + b"}", "the line is "),
    ],
    ids=["cut", "NaN", "bytes", "surrogate", "text", "deep", "long", "long with id", "digits"],
)
def test_a_bad_line_is_refused_and_the_next_is_read(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(data + b'\n{"inputs": "good"}\n')
    bad, good = read_lines(path, None, MOST)
    assert bad.problem.startswith(problem)
    assert bad.refusal["id"] == "line-1"
    assert bad.refusal["response"]["status_code"] in (400, 413)
    assert (good.number, good.request) == (2, {"inputs": "good"})


def test_a_table_has_a_column(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffcustom_id,text\none,"two\nlines"\n,"with, comma"\n', encoding="utf-8")
    found = [line.request for line in read_lines(path, "text", MOST)]
    assert found == [{"custom_id": "one", "inputs": "two\nlines"}, {"inputs": "with, comma"}]


@pytest.mark.parametrize(
    ("data", "column", "problem"),
    [
        (b"a,b\n1,2\n", None, "name the column"),
        (b"a,b\n1,2\n", "c", "no column 'c'; it has a, b"),
        (b"a\n\xff\n", "a", "no table"),
    ],
)
def test_a_table_that_cannot_be_read_says_why(
    tmp_path: Path, data: bytes, column: str | None, problem: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(BadFile, match=problem):
        list(read_lines(path, column, MOST))
