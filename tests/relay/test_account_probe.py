"""The probe of an account, on the local cloud's own relay and on moto's logs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from bench.account import probe
from inference.maintenance.settings import MaintenanceSettings
from inference.relay.bucket import Bucket
from inference.tasks import get_task
from local.__main__ import overrides_of
from local.cloud.relay import Relay
from local.cloud.template import read_template
from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.paths import ROOT
from tests.support.served import synth

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "hublet/demo-sentiment"
REPORT = (
    "REPORT RequestId: {} Duration: 3.1 ms Billed Duration: 904 ms Memory Size: 512 MB Init Duration: {} ms"
)


@pytest.mark.timeout(900)
def test_it_measures_each_way_and_leaves_nothing_in_the_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "LARGE_BYTES", 1_000_000)
    template = synth(ROOT, tmp_path / "cdk.out", "-c", "tasks=sentiment", "-c", f"sentiment.model={MODEL}")
    task = get_task("sentiment").with_model(MODEL, None)

    async def measure(hub: str) -> tuple[list[probe.Row], list[str]]:
        functions = read_template(template)
        cache = tmp_path / "cache"
        cache.mkdir()
        relay = Relay(template, functions, cache, overrides_of(hub, {}, None), lambda *_: None)
        await relay.start()
        for name, value in relay.variables.items():
            monkeypatch.setenv(name, value)
        bucket = Bucket(relay.variables["BUCKET"])
        deployment = probe.Deployment("factory", "cache", bucket, MaintenanceSettings(cache, (task,)))
        try:
            rows = await asyncio.to_thread(probe.measure, deployment, "sentiment", 2, lambda _: None)
            return rows, await asyncio.to_thread(bucket.keys, "")
        finally:
            await relay.stop()

    with HubServer(DEMO_REPOSITORIES) as hub:
        rows, left = asyncio.run(measure(hub.url))
    assert [len(row.values) for row in rows] == [2, 2, 1]
    assert all(value > 0 for row in rows for value in row.values)
    assert not [key for key in left if "probe" in key]
    assert [key for key in left if "demo-sentiment" in key], "the functions' own models stay"
    # Each delivery was one of its own: two small ones and a large one.
    assert len(list((tmp_path / "cache").glob("artifacts/hublet--probe/*/*/model.bin"))) == 3


def test_cold_starts_are_read_from_lambdas_own_lines() -> None:
    with mock_aws():
        logs: Any = boto3.client("logs", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        where = {"logGroupName": "/aws/lambda/hublet-factory", "logStreamName": "one"}
        logs.create_log_group(logGroupName=where["logGroupName"])
        logs.create_log_stream(**where)
        now_ms = int(time.time() * 1000)
        messages = [REPORT.format(1, "812.50"), "a line of ours", REPORT.format(2, "1250.00")]
        logs.put_log_events(**where, logEvents=[{"timestamp": now_ms, "message": each} for each in messages])
        assert sorted(probe.cold_starts_s(logs, "hublet-factory")) == [0.8125, 1.25]


def test_the_table_says_how_many_and_how_long() -> None:
    rows = [probe.Row("a way", [3.0, 1.0, 2.0]), probe.Row("none", [])]
    shown = probe.table(rows, "eu-west-1").splitlines()
    assert shown[2] == "| a way | 3 | 2.00 s | 3.00 s | 3.00 s |"
    assert shown[3] == "| none | 0 |  |  |  |"
    assert shown[-1].startswith("Measured in eu-west-1 on 20")


def test_without_a_deployment_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.main(["--outputs", str(tmp_path / "none.json")]) == 1
    assert "deploy first" in capsys.readouterr().err
