"""Passes of a job: what one leaves goes into the next, and a job that was stopped goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.batch.job import Count, Job, JobFailed, Order, fingerprint, folder_of, open_job, sizes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOT_DONE = {"code": "not_done", "message": "later"}


class FakeRunner:
    """Answers batches as told: an error's code for a line, ``fail`` for a whole batch, ``None`` else."""

    items_a_batch = 16
    line_bytes = 5_000

    def __init__(self, judge: Callable[[list[str]], list[Any] | str]) -> None:
        self.passes: list[list[str]] = []
        self.stops_in = -1
        self._judge = judge

    def run(self, source: Path, folder: Path, items: int, show: Callable[[int, int], None]) -> None:
        lines = [json.loads(line) for line in source.read_text().splitlines()]
        self.passes.append([line["id"] for line in lines])
        self.stops_in -= 1
        if self.stops_in == 0:
            raise KeyboardInterrupt
        succeeded, failed = [], []
        for first in range(0, len(lines), items):
            batch = lines[first : first + items]
            told = self._judge([line["id"] for line in batch])
            if isinstance(told, str):
                given = {"Items": [{"index": 0, "line": line} for line in batch]}
                failed.append({"Error": told, "Cause": "why", "Input": json.dumps(given)})
                continue
            for line, error in zip(batch, told, strict=True):
                response = None if error else {"status_code": 200, "request_id": line["id"], "body": 1}
                result = {"id": line["id"], "custom_id": line.get("custom_id"), "response": response}
                succeeded.append({**result, "error": error})
        _write(folder / "SUCCEEDED_0.jsonl", reversed(succeeded))  # in any order
        (folder / "FAILED_0.json").write_text(json.dumps(failed))  # as a JSON array, too


def _write(path: Path, records: Any) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in records))


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    _write(path, ({"custom_id": f"id-{n}", "inputs": "x"} for n in range(1, 21)))
    return path


def job_of(lines: Path, runner: FakeRunner) -> tuple[Job, Path]:
    output = lines.with_name("out.jsonl")
    order = Order(str(lines), str(output), "x", None, False, fingerprint(lines))
    return open_job(order, runner), output


def read(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.read_text().splitlines()]


def test_answers_are_in_the_order_of_the_lines(lines: Path) -> None:
    runner = FakeRunner(lambda ids: [None] * len(ids))
    job, output = job_of(lines, runner)
    assert job.run(lambda *_: None) == Count(answered=20)
    assert [each["custom_id"] for each in read(output)] == [f"id-{n}" for n in range(1, 21)]
    assert not folder_of(output).exists()
    assert len(runner.passes) == 1


def test_what_was_not_done_goes_into_smaller_batches(lines: Path) -> None:
    """Four lines of a batch are answered at most."""
    runner = FakeRunner(lambda ids: [NOT_DONE if place > 3 else None for place in range(len(ids))])
    job, output = job_of(lines, runner)
    assert job.run(lambda *_: None).answered == 20
    assert [len(each) for each in runner.passes] == [20, 12]
    assert list(sizes(16)) == [16, 4, 1]
    assert len(read(output)) == 20


def test_one_line_that_ends_environments_stands_alone_at_last(lines: Path) -> None:
    runner = FakeRunner(lambda ids: "Runtime.ExitError" if "line-7" in ids else [None] * len(ids))
    job, output = job_of(lines, runner)
    count = job.run(lambda *_: None)
    assert (count.answered, count.refused) == (19, 1)
    assert count.first_problem == "line-7: Runtime.ExitError: why"
    assert [len(each) for each in runner.passes] == [20, 16, 4]
    failed = read(output)[6]
    assert (failed["custom_id"], failed["response"]) == ("id-7", None)
    assert failed["error"] == {"code": "Runtime.ExitError", "message": "why"}


def test_what_is_never_done_is_said_of_its_line(lines: Path) -> None:
    runner = FakeRunner(lambda ids: [NOT_DONE] * len(ids))
    job, output = job_of(lines, runner)
    assert job.run(lambda *_: None).refused == 20
    assert [each["error"]["code"] for each in read(output)] == ["not_done"] * 20


def test_a_stopped_job_goes_on_with_what_is_left(lines: Path) -> None:
    runner = FakeRunner(lambda ids: [NOT_DONE if "line-3" in ids and len(ids) > 1 else None] * len(ids))
    runner.stops_in = 2  # in the second pass
    job, output = job_of(lines, runner)
    with pytest.raises(KeyboardInterrupt):
        job.run(lambda *_: None)
    assert not output.exists()
    job, output = job_of(lines, runner)
    assert job.run(lambda *_: None).answered == 20
    first, second, again, *_ = runner.passes
    assert (len(first), second) == (20, again)
    assert len(read(output)) == 20


def test_bad_lines_are_never_sent(lines: Path) -> None:
    lines.write_text('bad\n{"inputs": "x"}\n\n[]\n')
    runner = FakeRunner(lambda ids: [None] * len(ids))
    job, output = job_of(lines, runner)
    assert job.run(lambda *_: None) == Count(1, 2, "line-1: the line is not valid JSON: Expecting value")
    assert runner.passes == [["line-2"]]
    assert [each["id"] for each in read(output)] == ["line-1", "line-2", "line-4"]


def test_an_empty_file_gives_an_empty_one(lines: Path) -> None:
    lines.write_text("\n")
    job, output = job_of(lines, FakeRunner(lambda ids: []))
    assert job.run(lambda *_: None) == Count()
    assert output.read_text() == ""


def test_another_input_is_another_job(lines: Path) -> None:
    runner = FakeRunner(lambda ids: [])
    runner.stops_in = 1
    job, output = job_of(lines, runner)
    with pytest.raises(KeyboardInterrupt):
        job.run(lambda *_: None)
    lines.write_text('{"inputs": "changed"}\n')
    with pytest.raises(JobFailed, match="another batch, or the input has changed"):
        job_of(lines, runner)


def test_no_output_is_overwritten(lines: Path) -> None:
    lines.with_name("out.jsonl").write_text("precious")
    with pytest.raises(JobFailed, match="is there already"):
        job_of(lines, FakeRunner(lambda ids: []))
