"""``make account-probe``: what only an AWS account can show of a deployed stack with a relay, as a table.

Nothing that serves is touched. Requests are for a model that is made already. Deliveries are of a model that
does not exist, which is removed at the end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import statistics
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from bench.percentile import percentile
from inference.cache.artifact import Manifest
from inference.maintenance.prefetching import request_of
from inference.maintenance.settings import MaintenanceSettings
from inference.relay.bucket import Bucket, RelayUnreachable
from inference.relay.records import (
    Delivery,
    MakingProgress,
    ModelRequest,
    file_key,
    manifest_key,
    name_of,
    progress_key,
    request_key,
)
from inference.task import Model
from local.commands.invoke import OUTPUTS, InvokeFailed, ask, deployed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PROBE = Model("hublet/probe")
"""There is no such model: no function asks for it."""
NAME = name_of(PROBE, "text-classification", "auto")
SMALL_BYTES, LARGE_BYTES = 1_000, 256_000_000
LOOK_S = 0.1
LONGEST_S = 960.0
"""A making, and the minute that EventBridge may take."""
CLOCK_S = 1.1
"""S3 tells the time of a write in whole seconds; two that are to be told apart lie further apart."""
COLD_START = re.compile(r"Init Duration: ([\d.]+) ms")
LOOK_BACK_S = 24 * 3600


class ProbeFailed(Exception):
    """The message says what was waited for, or what is missing."""


@dataclass(frozen=True)
class Row:
    """Measurements of one kind."""

    what: str
    values: Sequence[float]
    unit: str = "s"

    def cells(self) -> tuple[str, ...]:
        if not self.values:
            return (self.what, "0", "", "", "")
        shown = (statistics.median(self.values), percentile(sorted(self.values), 95), max(self.values))
        return (self.what, str(len(self.values)), *(f"{value:,.2f} {self.unit}" for value in shown))


def request_delays(bucket: Bucket, name: str, request: ModelRequest, times: int) -> Iterator[float]:
    """Seconds from a request to the factory's answer, which delivers once more what was made before.

    The first request of a model that was never made waits for its making, and is not counted.
    """
    if bucket.read(manifest_key(name)) is None:
        bucket.write(request_key(name), request.to_bytes())
        _wait_s(lambda: bucket.read(manifest_key(name)) is not None, f"the first making of {request.model}")
    for _ in range(times):
        time.sleep(CLOCK_S)
        before = bucket.read(manifest_key(name))
        if before is None:
            raise ProbeFailed(f"what was made of {request.model} is gone")
        bucket.write(request_key(name), request.to_bytes())
        yield _wait_s(partial(_is_newer, bucket, name, before.written_s), "the factory")


def delivery_delays(bucket: Bucket, size_bytes: int, times: int) -> Iterator[float]:
    """Seconds from a manifest in the bucket until its one file stands on the cache."""
    with tempfile.TemporaryDirectory(prefix="hublet-probe-") as scratch:
        file = Path(scratch) / "model.bin"
        for _ in range(times):
            making = uuid.uuid4().hex
            content = making.encode() * (size_bytes // len(making))
            file.write_bytes(content)
            bucket.upload(file, file_key(NAME, making, file.name))
            bucket.delete([progress_key(NAME)])
            facts = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            bucket.write(manifest_key(NAME), _delivery(making, {file.name: facts}).to_bytes())
            yield _wait_s(lambda: _is_delivered(bucket), "the cache function")


def clean_up(bucket: Bucket) -> None:
    """Delete the probe's own objects."""
    bucket.delete([progress_key(NAME), *bucket.keys(f"artifacts/{NAME}/")])


def cold_starts_s(logs: Any, function: str) -> list[float]:
    """Of the last day, as Lambda's own log lines have them; those of an image pull are among them."""
    since_ms = int((time.time() - LOOK_BACK_S) * 1000)
    asked = {
        "logGroupName": f"/aws/lambda/{function}",
        "filterPattern": '"Init Duration"',
        "startTime": since_ms,
    }
    pages = logs.get_paginator("filter_log_events").paginate(**asked)
    found = (COLD_START.search(event["message"]) for page in pages for event in page["events"])
    return [float(match[1]) / 1000 for match in found if match]


def table(rows: Sequence[Row], region: str) -> str:
    """In Markdown, with the region and the day, and nothing that names the account."""
    head = ("what", "times", "median", "95 of 100 within", "longest")
    lines = [head, ("---", *["---:"] * (len(head) - 1)), *(row.cells() for row in rows)]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{text}\n\nMeasured in {region} on {datetime.now(UTC):%Y-%m-%d}.\n"


def _delivery(making: str, files: dict[str, dict[str, Any]]) -> Delivery:
    commit = hashlib.sha1(making.encode(), usedforsecurity=False).hexdigest()
    manifest = Manifest(
        model=PROBE.id,
        commit=commit,
        head="probe",
        engine="probe",
        asked="auto",
        precision="fp32",
        reason="measures how long a delivery takes",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=0.0,
        files=files,
        tools={},
    )
    return Delivery(PROBE.id, commit, time.time(), making, manifest)


def _is_newer(bucket: Bucket, name: str, before_s: float) -> bool:
    stored = bucket.read(manifest_key(name))
    return stored is not None and stored.written_s != before_s


def _is_delivered(bucket: Bucket) -> bool:
    stored = bucket.read(progress_key(NAME))
    told = MakingProgress.read(stored.body) if stored else MakingProgress()
    if told.failure:
        raise ProbeFailed(f"the cache function: {told.failure.get('message')}")
    return told.is_ended


def _wait_s(is_there: Callable[[], bool], what: str) -> float:
    began_s = time.monotonic()
    while not is_there():
        if time.monotonic() - began_s > LONGEST_S:
            raise ProbeFailed(f"{what} did not answer within {LONGEST_S:.0f} s")
        time.sleep(LOOK_S)
    return time.monotonic() - began_s


@dataclass(frozen=True)
class Deployment:
    """A stack in an account, by what ``make deploy`` wrote."""

    factory: str
    cache: str
    bucket: Bucket
    settings: MaintenanceSettings

    @classmethod
    def find(cls, outputs: Path) -> Deployment:
        """Ask Lambda for the functions' variables; :class:`InvokeFailed` where there is no relay."""
        _, factory = deployed("factory", outputs)
        client, cache = deployed("cache", outputs)
        variables = client.get_function_configuration(FunctionName=cache)["Environment"]["Variables"]
        return cls(factory, cache, Bucket(variables["BUCKET"]), MaintenanceSettings.from_env(variables))

    def forget(self) -> None:
        """Have the cache function remove what the probe delivered."""
        event = {"action": "remove", "model": PROBE.id, "force": True}
        ask(boto3.client("lambda"), FunctionName=self.cache, Payload=json.dumps(event).encode())

    def request(self, task: str) -> tuple[str, ModelRequest]:
        """What the function of a task asks for, and its name in the bucket."""
        for each in self.settings.tasks:
            if each.name == task:
                return request_of(each, self.settings.precision)
        raise ProbeFailed(f"the stack has no function for {task}")


def measure(deployment: Deployment, task: str, times: int, say: Callable[[str], None]) -> list[Row]:
    """Everything that takes requests to the bucket; the probe's own objects are gone afterwards."""
    bucket, (name, request) = deployment.bucket, deployment.request(task)
    try:
        say(f"{times} requests to the factory")
        requests = list(request_delays(bucket, name, request, times))
        say(f"{times} small deliveries")
        small = list(delivery_delays(bucket, SMALL_BYTES, times))
        say(f"a delivery of {LARGE_BYTES / 1e6:.0f} MB")
        (large_s,) = delivery_delays(bucket, LARGE_BYTES, 1)
    finally:
        clean_up(bucket)
    copying_s = max(large_s - statistics.median(small), LOOK_S)
    return [
        Row("from a request to the factory's answer", requests),
        Row("from a manifest to a small model on the cache", small),
        Row("copying from S3 to EFS, hashes included", [LARGE_BYTES / 1e6 / copying_s], "MB/s"),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns 1 where that is not possible."""
    parser = argparse.ArgumentParser(prog="make account-probe", description=__doc__)
    parser.add_argument("--outputs", type=Path, default=OUTPUTS, help="what `make deploy` wrote")
    parser.add_argument("--task", default="spam", help="whose model the factory delivers again")
    parser.add_argument("--times", type=int, default=20)
    chosen = parser.parse_args(arguments)
    try:
        deployment = Deployment.find(chosen.outputs)
        rows = measure(deployment, chosen.task.replace("-", "_"), chosen.times, _say)
        deployment.forget()
        logs = boto3.client("logs")
        for function in (deployment.factory, deployment.cache):
            rows.append(Row(f"cold starts of {function}, last 24 hours", cold_starts_s(logs, function)))
    except (ProbeFailed, InvokeFailed, RelayUnreachable, BotoCoreError, ClientError) as error:
        print(getattr(error, "message", error), file=sys.stderr)
        return 1
    print(table(rows, logs.meta.region_name))
    return 0


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
