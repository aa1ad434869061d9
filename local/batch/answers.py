"""Answers as they come, and where each stands: put in order without holding more than one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE_BYTES = 8
"""Of the index, for each line: where its answer begins, plus 1; 0 where there is none."""
KEYS = ("id", "custom_id", "response", "error")


class Answers:
    """Two files in a folder: answers in the order in which they came, and an index by line.

    An answer is written before its place is, so after a stop an answer may be there without a place. Then
    the line has none, and the next answer takes it.
    """

    def __init__(self, folder: Path) -> None:
        self._answers = (folder / "answers.jsonl").open("a+b")
        index = folder / "answers.index"
        index.touch()
        self._index = index.open("r+b")
        self._answers.seek(0, 2)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._index.close()

    def has(self, number: int) -> bool:
        """Whether a line has its answer."""
        return self._place(number) > 0

    def add(self, result: dict[str, Any]) -> None:
        """Keep a result, if it is the first of its line."""
        number = int(str(result["id"]).removeprefix("line-"))
        if self.has(number):
            return
        place = self._answers.tell()
        ordered = {key: result[key] for key in KEYS}
        text = json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))
        self._answers.write(text.encode() + b"\n")
        self._answers.flush()
        self._index.seek((number - 1) * PLACE_BYTES)
        self._index.write((place + 1).to_bytes(PLACE_BYTES, "little"))
        self._index.flush()

    def in_order(self) -> Iterator[bytes]:
        """Every answer with its line break, by line; one is in memory at a time."""
        self._index.seek(0)
        while place := self._index.read(PLACE_BYTES):
            begin = int.from_bytes(place, "little")
            if begin:
                self._answers.seek(begin - 1)
                yield self._answers.readline()
        self._answers.seek(0, 2)

    def _place(self, number: int) -> int:
        self._index.seek((number - 1) * PLACE_BYTES)
        return int.from_bytes(self._index.read(PLACE_BYTES), "little")
