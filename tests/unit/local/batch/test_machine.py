"""The interpreter: batches by the definition's numbers, tries, limits, and what a stop leaves."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from local.batch.machine import ExecutionFailed, Machine
from local.batch.payload import fill, resolve
from local.cloud.runtime_api import Result
from tests.support.batch_machine import ENDED, THROTTLED, Function, definition

if TYPE_CHECKING:
    from pathlib import Path

    from local.batch.definition import Definition


def run(
    bucket: Path, function: Function, machine: Definition | None = None, **data: Any
) -> list[tuple[int, int]]:
    shown: list[tuple[int, int]] = []
    given = {"function": "hublet-x", "key": "lines.jsonl", "results": "out", **data}
    asyncio.run(
        Machine(machine or definition(), function, bucket).execute(
            given, lambda done, total: shown.append((done, total))
        )
    )
    return shown


def results(bucket: Path) -> list[int]:
    lines = (bucket / "out/SUCCEEDED_0.jsonl").read_text().splitlines()
    return sorted(json.loads(line)["id"] for line in lines)


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    lines = (json.dumps({"id": number, "inputs": "x" * 50}) + "\n" for number in range(30))
    (tmp_path / "lines.jsonl").write_text("".join(lines))
    return tmp_path


def test_every_line_is_run_once_in_batches_of_the_definition(bucket: Path) -> None:
    function = Function()
    shown = run(bucket, function)
    assert sorted(function.batches) == [list(range(n, min(n + 4, 30))) for n in range(0, 30, 4)]
    assert function.most_at_once == 2
    assert function.prepared == 1
    assert results(bucket) == list(range(30))
    assert shown[-1] == (30, 30)


def test_the_input_may_name_other_batches_and_bytes_bound_them(bucket: Path) -> None:
    function = Function()
    run(bucket, function, definition(most_bytes=250), items=16)
    assert {len(batch) for batch in function.batches} == {2}
    assert results(bucket) == list(range(30))


@pytest.mark.parametrize("error", [THROTTLED, ENDED])
def test_a_batch_is_tried_as_often_as_its_state_allows(bucket: Path, error: str) -> None:
    left = [2]

    def fails(numbers: list[int]) -> str | None:
        left[0] -= 0 in numbers
        return error if 0 in numbers and left[0] >= 0 else None

    function = Function(fails)
    run(bucket, function)
    assert [batch[0] for batch in function.batches].count(0) == 3
    assert results(bucket) == list(range(30))


def test_what_fails_within_the_tolerance_is_written_down(bucket: Path) -> None:
    """Three lines of thirty are the ten percent of the definition."""
    run(bucket, Function(lambda numbers: "Bad" if 0 in numbers else None), items=3)
    (record,) = map(json.loads, (bucket / "out/FAILED_0.jsonl").read_text().splitlines())
    assert (record["Error"], record["Status"]) == ("Bad", "FAILED")
    assert [item["line"]["id"] for item in json.loads(record["Input"])["Items"]] == [0, 1, 2]
    assert results(bucket) == list(range(3, 30))


def test_too_many_failures_end_the_run_and_the_next_takes_up_the_rest(bucket: Path) -> None:
    with pytest.raises(ExecutionFailed, match="States.ExceedToleratedFailureThreshold"):
        run(bucket, Function(lambda numbers: "Bad" if numbers[0] >= 12 else None))
    before = results(bucket)
    assert set(range(12)) <= set(before)
    function = Function()
    run(bucket, function)
    assert results(bucket) == list(range(30))
    assert not {number for batch in function.batches for number in batch} & set(before)


def test_a_batch_that_was_being_written_is_run_again(bucket: Path) -> None:
    run(bucket, Function())
    out = bucket / "out"
    journal = (out / "journal").read_bytes().splitlines(keepends=True)
    (out / "journal").write_bytes(b"".join(journal[:-1]) + b"7")  # killed while it wrote
    function = Function()
    run(bucket, function)
    assert len(function.batches) == 1
    assert results(bucket) == list(range(30))


def test_an_answer_beyond_a_states_limit_fails(bucket: Path) -> None:
    class Long(Function):
        async def __call__(self, name: str, event: bytes) -> Result:
            await super().__call__(name, event)
            return Result(json.dumps(["x" * 270_000]).encode())

    with pytest.raises(ExecutionFailed):
        run(bucket, Long())
    assert "States.DataLimitExceeded" in (bucket / "out/FAILED_0.jsonl").read_text()


def test_templates_are_filled_as_the_states_language_says() -> None:
    filled = fill({"a": 1, "b.$": "$.x.y", "c": [{"d.$": "$$.e"}]}, {"x": {"y": 2}}, {"e": 3})
    assert filled == {"a": 1, "b": 2, "c": [{"d": 3}]}
    assert resolve("States.Format('{}:live', $.f)", {"f": "g"}) == "g:live"
    with pytest.raises(KeyError):
        resolve("$.none", {})
