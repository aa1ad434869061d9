"""The deployed way: moto's S3, and in place of Step Functions the interpreter of the same machine."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from local.batch.in_aws import AwsRunner
from local.batch.job import JobFailed
from local.batch.machine import ExecutionFailed, Machine
from tests.support.batch_machine import Function, definition

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = "batch-bucket"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:hublet-batch"


class States:
    """The part of the API that is called; an execution is run when it is first looked at."""

    def __init__(self, s3: Any, folder: Path, function: Function) -> None:
        self.calls: list[str] = []
        self.status = "RUNNING"
        self.interrupts = False
        self._s3, self._folder, self._function = s3, folder, function

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        assert stateMachineArn == MACHINE
        assert len(name) <= 80
        self.calls.append("start")
        self._data = json.loads(input)
        source = self._folder / self._data["key"]
        source.parent.mkdir(parents=True)
        self._s3.download_file(BUCKET, self._data["key"], str(source))
        return {"executionArn": f"{MACHINE.replace('stateMachine', 'execution')}:{name}"}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        if self.status == "RUNNING" and not self.interrupts:
            self._run()
        return {"status": self.status, "error": "Bad", "cause": "told"}

    def list_map_runs(self, *, executionArn: str) -> dict[str, Any]:
        if self.interrupts:
            raise KeyboardInterrupt
        return {"mapRuns": [{"mapRunArn": "run"}]}

    def describe_map_run(self, *, mapRunArn: str) -> dict[str, Any]:
        return {"itemCounts": {"succeeded": 29, "failed": 1, "total": 30}}

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> None:
        self.calls.append("stop")
        self.status = "ABORTED"

    def redrive_execution(self, *, executionArn: str) -> None:
        self.calls.append("redrive")
        self.status = "RUNNING"

    def _run(self) -> None:
        try:
            machine = Machine(definition(), self._function, self._folder)
            asyncio.run(machine.execute(self._data, lambda *_: None))
            self.status = "SUCCEEDED"
        except ExecutionFailed:
            self.status = "FAILED"
        results = self._data["results"]
        for path in (self._folder / results).glob("*.jsonl"):
            self._s3.upload_file(str(path), BUCKET, f"{results}/some-id/{path.name}")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "out.jsonl.batch/pass-0/lines.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps({"id": n, "inputs": "x"}) + "\n" for n in range(30)))
    return path


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps({"Hublet": {"BatchMachine": MACHINE, "BatchBucket": BUCKET}}))
    return path


def runner_of(s3: Any, states: States, outputs: Path) -> AwsRunner:
    clients = {"s3": s3, "stepfunctions": states}
    return AwsRunner(definition(), "hublet-x", outputs, clients.__getitem__, sleep=lambda _: None)


def found(folder: Path) -> list[int]:
    return sorted(
        json.loads(line)["id"]
        for path in folder.glob("SUCCEEDED_*.jsonl")
        for line in path.read_text().splitlines()
    )


def test_lines_go_up_and_results_come_down(s3: Any, source: Path, outputs: Path, tmp_path: Path) -> None:
    function = Function()
    states = States(s3, tmp_path / "aws", function)
    shown: list[tuple[int, int]] = []
    runner_of(s3, states, outputs).run(source, source.parent, 5, lambda *each: shown.append(each))
    assert states.calls == ["start"]
    assert found(source.parent) == list(range(30))
    assert {len(batch) for batch in function.batches} == {5}
    assert shown == [(30, 30)]


def test_a_stopped_execution_is_driven_again_and_not_started(
    s3: Any, source: Path, outputs: Path, tmp_path: Path
) -> None:
    states = States(s3, tmp_path / "aws", Function())
    states.interrupts = True
    with pytest.raises(KeyboardInterrupt):
        runner_of(s3, states, outputs).run(source, source.parent, 4, lambda *_: None)
    states.interrupts = False
    runner_of(s3, states, outputs).run(source, source.parent, 4, lambda *_: None)
    assert states.calls == ["start", "stop", "redrive"]
    assert found(source.parent) == list(range(30))


def test_a_failed_execution_says_why(s3: Any, source: Path, outputs: Path, tmp_path: Path) -> None:
    states = States(s3, tmp_path / "aws", Function(lambda _: "Bad"))
    with pytest.raises(JobFailed, match="^Bad: told; call again to go on"):
        runner_of(s3, states, outputs).run(source, source.parent, 4, lambda *_: None)


def test_a_stack_without_a_machine_is_named(s3: Any, outputs: Path, tmp_path: Path) -> None:
    outputs.write_text('{"Hublet": {}}')
    with pytest.raises(JobFailed, match="batch=true"):
        runner_of(s3, States(s3, tmp_path, Function()), outputs)
    with pytest.raises(JobFailed, match="run make deploy first"):
        runner_of(s3, States(s3, tmp_path, Function()), tmp_path / "none.json")
