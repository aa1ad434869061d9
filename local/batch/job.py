"""One file through one function, in passes: what a pass left goes into the next, in smaller batches."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from inference.doors.batch_line import NOT_DONE
from local.batch.answers import Answers
from local.batch.lines import BadFile, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SMALLER = 4
"""A pass has batches of so many times fewer lines than the one before, down to one line."""


class JobFailed(Exception):
    """The job cannot go on; the message says what to do."""


@dataclass(frozen=True)
class Order:
    """What was asked for; a second call with the same order goes on with the first."""

    input: str
    output: str
    function: str
    column: str | None
    deployed: bool
    sha256: str


@dataclass(frozen=True)
class Count:
    """How a job ended."""

    answered: int = 0
    refused: int = 0
    first_problem: str = ""


class Runner(Protocol):
    """Where batches are run: on this machine, or in AWS."""

    items_a_batch: int
    line_bytes: int
    """The most that a line may have."""

    def run(self, source: Path, folder: Path, items: int, show: Callable[[int, int], None]) -> None:
        """Run a pass to its end; its results come to be in ``folder``, as a result writer names them.

        With the same folder, what was stopped goes on.
        """


class Job:
    """Files of a job beside its output, until all answers are there."""

    def __init__(self, order: Order, runner: Runner) -> None:
        self._order = order
        self._runner = runner
        self._output = Path(order.output)
        self._folder = folder_of(self._output)

    def run(self, show: Callable[[int, int], None]) -> Count:
        """All passes that are left; then the output stands in place of the job's files."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "order.json").write_text(json.dumps(asdict(self._order)))
        with Answers(self._folder) as answers:
            for number, items in enumerate(sizes(self._runner.items_a_batch)):
                if not self._pass(answers, number, items, show):
                    break
            count = self._write(answers)
        shutil.rmtree(self._folder)
        return count

    def _pass(self, answers: Answers, number: int, items: int, show: Callable[[int, int], None]) -> bool:
        """Whether there was anything to do."""
        folder = self._folder / f"pass-{number}"
        source = folder / "lines.jsonl"
        if not source.exists():
            folder.mkdir(exist_ok=True)
            _write_whole(source, self._left(answers))
        if not (folder / "collected").exists():
            if not source.stat().st_size:
                return False
            self._runner.run(source, folder, items, show)
            for result in collect(folder, is_last=items == 1):
                answers.add(result)
            (folder / "collected").touch()
        return True

    def _left(self, answers: Answers) -> Iterator[bytes]:
        path = Path(self._order.input)
        for line in read_lines(path, self._order.column, self._runner.line_bytes):
            if answers.has(line.number):
                continue
            if line.problem:
                answers.add(line.refusal)
            else:
                yield line.text

    def _write(self, answers: Answers) -> Count:
        """The output, whole or not at all; a line without an answer has an error that says so."""
        answered = refused = 0
        first = ""
        for line in read_lines(Path(self._order.input), self._order.column, self._runner.line_bytes):
            if not answers.has(line.number):
                answers.add(_missing(line.id, line.request.get("custom_id")))
        part = self._folder / "output.part"
        with part.open("wb") as file:
            for text in answers.in_order():
                problem = _problem(json.loads(text))
                answered, refused = answered + (not problem), refused + bool(problem)
                first = first or problem
                file.write(text)
        part.replace(self._output)
        return Count(answered, refused, first)


def open_job(order: Order, runner: Runner) -> Job:
    """A new job, or the one that was stopped; :class:`JobFailed` if that was about something else."""
    folder = folder_of(Path(order.output))
    kept = folder / "order.json"
    if kept.exists() and json.loads(kept.read_text()) != asdict(order):
        raise JobFailed(f"{folder} is of another batch, or the input has changed; remove it to begin anew")
    if not kept.exists() and Path(order.output).exists():
        raise JobFailed(f"{order.output} is there already; name another OUTPUT, or remove it")
    return Job(order, runner)


def folder_of(output: Path) -> Path:
    """Where a job's files are while it runs."""
    return output.with_name(output.name + ".batch")


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, read piece by piece."""
    if not path.is_file():
        raise BadFile(f"{path} is not there")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sizes(first: int) -> Iterator[int]:
    """Lines a batch, pass by pass."""
    yield first
    while first > 1:
        first = max(1, first // SMALLER)
        yield first


def collect(folder: Path, *, is_last: bool) -> Iterator[dict[str, Any]]:
    """The results of a pass that stay: answers, refusals, and in the last pass every failure."""
    for path in sorted(folder.glob("SUCCEEDED_*")):
        for result in _records(path):
            if is_last or (result["error"] or {}).get("code") != NOT_DONE:
                yield result
    for path in sorted(folder.glob("FAILED_*")) if is_last else []:
        for record in _records(path):
            for item in json.loads(record["Input"])["Items"]:
                error = {"code": record["Error"], "message": str(record.get("Cause", ""))[:500]}
                line = item["line"]
                yield {"id": line["id"], "custom_id": _name(line), "response": None, "error": error}


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            value = json.loads(line)
            yield from value if isinstance(value, list) else [value]


def _write_whole(path: Path, lines: Iterator[bytes]) -> None:
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _missing(id: str, custom_id: Any) -> dict[str, Any]:
    error = {"code": NOT_DONE, "message": "no pass gave an answer; send it again"}
    return {"id": id, "custom_id": custom_id, "response": None, "error": error}


def _name(line: dict[str, Any]) -> str | None:
    name = line.get("custom_id")
    return name if isinstance(name, str) else None


def _problem(result: dict[str, Any]) -> str:
    """What is wrong with a line's answer, for the last words of the command."""
    if result["error"]:
        return f"{result['id']}: {result['error']['code']}: {result['error']['message']}"
    response = result["response"]
    if response["status_code"] == 200:
        return ""
    error = response["body"]["error"]
    return f"{result['id']}: {error['message'] if isinstance(error, dict) else error}"
