"""A user's file, line by line: JSON lines, or a CSV table with a named column."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AROUND_BYTES = 1_000
"""What an item has around a line: its index, its id, the names."""


class BadFile(Exception):
    """The file cannot be read as what it claims to be; the message says what to do."""


@dataclass(frozen=True)
class Line:
    """A line that may be sent, or what is wrong with it."""

    number: int
    """From 1: the line of a JSON lines file, blank ones counted, or the row of a table below its head."""
    request: dict[str, Any]
    problem: str = ""
    status: int = 400

    @property
    def id(self) -> str:
        return f"line-{self.number}"

    @property
    def text(self) -> bytes:
        """As it is sent, with its id and a line break."""
        request = {**self.request, "id": self.id}
        return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    @property
    def refusal(self) -> dict[str, Any]:
        """The result of a line that is not sent."""
        body = {"error": self.problem, "type": "BadRequest", "request_id": self.id}
        response = {"status_code": self.status, "request_id": self.id, "body": body}
        return {"id": self.id, "custom_id": None, "response": response, "error": None}


def read_lines(path: Path, column: str | None, most_bytes: int) -> Iterator[Line]:
    """Every line that is not blank; one of more than ``most_bytes`` is not held in memory."""
    limit = most_bytes - AROUND_BYTES
    found = _rows(path, column, limit) if path.suffix.lower() == ".csv" else _json_lines(path, limit)
    for line in found:
        too_long = not line.problem and len(line.text) > limit
        yield _too_long(line.number, limit) if too_long else line


def _json_lines(path: Path, limit: int) -> Iterator[Line]:
    with path.open("rb") as file:
        number = 0
        while data := file.readline(limit + 1):
            number += 1
            if len(data) > limit and not data.endswith(b"\n"):
                while (more := file.readline(limit)) and not more.endswith(b"\n"):
                    pass
                yield _too_long(number, limit)
            elif data.strip():
                yield _parsed(number, data)


def _parsed(number: int, data: bytes) -> Line:
    try:
        value = json.loads(data, parse_constant=_refuse_constant)
        # A lone surrogate is JSON, and cannot be written as UTF-8.
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        return Line(number, {}, "the line is nested too deeply")
    except ValueError as error:
        told = getattr(error, "msg", "it is no UTF-8 text, or has a number that JSON has not")
        return Line(number, {}, f"the line is not valid JSON: {told}")
    if not isinstance(value, dict):
        return Line(number, {}, 'a line must be a JSON object like {"inputs": ...}')
    return Line(number, value)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _rows(path: Path, column: str | None, limit: int) -> Iterator[Line]:
    """Each row as ``{"inputs": <the column>}``; a column ``custom_id`` names it."""
    if not column:
        raise BadFile(f"{path.name} is a table: name the column with the texts, COLUMN=...")
    csv.field_size_limit(max(limit, csv.field_size_limit()))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _rows_of(csv.DictReader(file), column, path.name)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadFile(f"{path.name} is no table that can be read: {error}") from error


def _rows_of(table: csv.DictReader[str], column: str, name: str) -> Iterator[Line]:
    names = table.fieldnames or []
    if column not in names:
        raise BadFile(f"{name} has no column {column!r}; it has {', '.join(names)}")
    for number, row in enumerate(table, start=1):
        named = {"custom_id": row["custom_id"]} if row.get("custom_id") else {}
        yield Line(number, {**named, "inputs": row[column] or ""})


def _too_long(number: int, limit: int) -> Line:
    return Line(number, {}, f"the line is too long; the limit is {limit:,} bytes", 413)
