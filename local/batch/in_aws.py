"""Runs a pass in AWS: lines go up to the bucket, the deployed state machine runs them, results come down."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from local.batch.job import JobFailed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from local.batch.definition import Definition

POLL_S = 5.0
AGAIN = ("FAILED", "ABORTED", "TIMED_OUT")
"""Ended, and may be redriven for 14 days (Step Functions developer guide, "Redriving executions")."""
PREFIX = "batch/"


class AwsRunner:
    """The deployed machine; its execution's ARN is kept with the pass, so a second call finds it."""

    def __init__(
        self,
        definition: Definition,
        function: str,
        outputs: Path,
        clients: Callable[[str], Any],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``clients``: the name of a service -> boto3's client."""
        self.items_a_batch = definition.items_a_batch
        self.line_bytes = definition.batch_bytes
        found = read_outputs(outputs)
        self._machine, self._bucket = found["BatchMachine"], found["BatchBucket"]
        self._function = function
        self._states, self._s3 = clients("stepfunctions"), clients("s3")
        self._sleep = sleep

    def run(self, source: Path, folder: Path, items: int, show: Callable[[int, int], None]) -> None:
        """Start the execution, or go on with the one that was begun; Ctrl-C stops it."""
        kept = folder / "execution"
        if not kept.exists():
            kept.write_text(self._start(source, items))
        arn = kept.read_text()
        if self._states.describe_execution(executionArn=arn)["status"] in AGAIN:
            self._states.redrive_execution(executionArn=arn)
        try:
            self._wait(arn, show)
        except KeyboardInterrupt:
            self._states.stop_execution(executionArn=arn, error="Stopped", cause="Ctrl-C")
            raise
        self._download(_prefix(arn), folder)

    def _start(self, source: Path, items: int) -> str:
        name = (
            f"{source.parent.parent.name.removesuffix('.batch')[:30]}-{source.parent.name}-{time.time_ns()}"
        )
        name = "".join(each if each.isalnum() or each in "-_" else "-" for each in name)
        key = f"{PREFIX}{name}/lines.jsonl"
        self._s3.upload_file(str(source), self._bucket, key)
        data = {"function": self._function, "key": key, "results": f"{PREFIX}{name}/results", "items": items}
        started = self._states.start_execution(
            stateMachineArn=self._machine, name=name, input=json.dumps(data)
        )
        return str(started["executionArn"])

    def _wait(self, arn: str, show: Callable[[int, int], None]) -> None:
        while True:
            execution = self._states.describe_execution(executionArn=arn)
            status = execution["status"]
            for run in self._states.list_map_runs(executionArn=arn)["mapRuns"]:
                counts = self._states.describe_map_run(mapRunArn=run["mapRunArn"])["itemCounts"]
                show(counts["succeeded"] + counts["failed"], counts["total"])
            if status == "SUCCEEDED":
                return
            if status in AGAIN:
                problem = f"{execution.get('error', status)}: {execution.get('cause', 'no cause is known')}"
                raise JobFailed(f"{problem[:500]}; call again to go on")
            self._sleep(POLL_S)

    def _download(self, prefix: str, folder: Path) -> None:
        """Files of the result writer; a stopped download begins anew, so they count when all are there."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        for number, key in enumerate(sorted(keys)):
            name = key.rpartition("/")[2]
            kind = next((kind for kind in ("SUCCEEDED", "FAILED") if name.startswith(kind)), None)
            if kind:
                self._s3.download_file(self._bucket, key, str(folder / f"{kind}_{number:06}.jsonl"))


def _prefix(arn: str) -> str:
    return f"{PREFIX}{arn.rpartition(':')[2]}/results"


def read_outputs(path: Path) -> dict[str, str]:
    """The outputs of the stack that has a machine for batch; :class:`JobFailed` where there is none."""
    if not path.exists():
        raise JobFailed(f"{path} is not there: run make deploy first, or name another with OUTPUTS=...")
    stacks = json.loads(path.read_text()).values()
    for stack in stacks:
        if "BatchMachine" in stack:
            return dict(stack)
    raise JobFailed(f'{path} knows no state machine: make deploy CONTEXT="-c batch=true"')
