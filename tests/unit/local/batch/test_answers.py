"""Answers in order, each once, in as much memory for many lines as for few."""

from __future__ import annotations

import json
import random
import tracemalloc
from typing import TYPE_CHECKING, Any

from local.batch.answers import Answers

if TYPE_CHECKING:
    from pathlib import Path


def result(number: int, body: Any = None) -> dict[str, Any]:
    response = {"status_code": 200, "request_id": f"line-{number}", "body": body}
    return {"error": None, "response": response, "custom_id": None, "id": f"line-{number}"}


def ids(answers: Answers) -> list[str]:
    return [json.loads(text)["id"] for text in answers.in_order()]


def test_answers_come_out_by_line_and_the_first_one_stays(tmp_path: Path) -> None:
    with Answers(tmp_path) as answers:
        for number, body in ((3, "c"), (1, "a"), (3, "again"), (7, "g")):
            answers.add(result(number, body))
        found = [json.loads(text) for text in answers.in_order()]
        assert [each["response"]["body"] for each in found] == ["a", "c", "g"]
        assert [list(each) for each in found] == [["id", "custom_id", "response", "error"]] * 3
        assert [answers.has(number) for number in (1, 2, 7, 8)] == [True, False, True, False]


def test_what_was_written_is_there_after_a_stop(tmp_path: Path) -> None:
    with Answers(tmp_path) as answers:
        answers.add(result(2))
    with (tmp_path / "answers.jsonl").open("ab") as file:
        file.write(b'{"id":"line-1","custom_')  # the process ended here
    with Answers(tmp_path) as answers:
        assert not answers.has(1)
        assert ids(answers) == ["line-2"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        numbers = list(range(1, count + 1))
        random.Random(1).shuffle(numbers)
        tracemalloc.start()
        with Answers(folder) as answers:
            for number in numbers:
                answers.add(result(number, "x" * 500))
            assert sum(1 for _ in answers.in_order()) == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(4_000) < peak(200) + 50_000  # what is merged has 2.4 MB
