"""The cache function as a process of its own, on a cache that real functions filled with real artifacts."""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from inference.cache.artifact import MANIFEST
from inference.tasks import all_tasks
from local.cloud.pool import Pool
from local.cloud.template import LocalFunction
from local.commands import cache as command
from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.served import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.served import Served

MODEL = "hublet/demo-sentiment"
GOOD = {"inputs": "I love it, it works great!"}
AWS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}
ENDPOINT = "AWS_ENDPOINT_URL_LAMBDA"
FUNCTION = LocalFunction(
    name="cache",
    full_name="hublet-cache",
    task=all_tasks()[0],
    memory_mb=512,
    timeout_s=900,
    environment={
        "TASKS": "sentiment",
        "MODELS": json.dumps({"sentiment": {"model": MODEL}}),
        "FUNCTION_PREFIX": "hublet-",
    },
    mount_path="/mnt/models",
    reserved_concurrency=1,
    handler="inference.maintenance.handler.handler",
)


@dataclass
class Cloud:
    """The sentiment function, its cache folder, its Hub."""

    served: Served
    folder: Path
    hub: HubServer

    def ask(self, request_id: str | None = None, **event: Any) -> Any:
        """One event to the cache function in a fresh process, through the official runtime client."""

        function = replace(FUNCTION, environment={**FUNCTION.environment, **AWS, ENDPOINT: self.served.url})

        async def main() -> Any:
            pool = Pool(function, self.folder, {}, lambda *_: None)
            try:
                return await pool.invoke(json.dumps(event).encode(), request_id or str(uuid.uuid4()))
            finally:
                await pool.stop()

        result = asyncio.run(main())
        return (result.error, json.loads(result.payload)) if result.error else json.loads(result.payload)

    def artifact(self) -> dict[str, Any]:
        (model,) = self.ask(action="list")["models"]
        ((artifact,),) = (commit["artifacts"] for commit in model["commits"])
        return {**artifact, "used_by": model["used_by"]}


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer(DEMO_REPOSITORIES) as server:
        yield server


@pytest.fixture
def cloud(hub: HubServer, changed_template: Callable[..., Path], tmp_path: Path) -> Iterator[Cloud]:
    template = changed_template({"MODEL": MODEL})
    folder = tmp_path / "cache"
    arguments = ("--hub", hub.url, "--cache", str(folder), "--tasks", "sentiment")
    with serve("--template", str(template), *arguments) as served:
        yield Cloud(served, folder, hub)


@pytest.mark.timeout(600)
def test_a_life_on_the_cache(cloud: Cloud) -> None:
    """Prepared, listed, verified, in use and so not removed, damaged, put aside, made again."""
    assert cloud.ask(action="prefetch") == {"asked": ["hublet-sentiment"], "failed": []}
    assert cloud.served.post("sentiment/", GOOD).json()[0][0]["label"] == "POSITIVE"
    listed = cloud.artifact()
    assert (listed["state"], listed["used_by"]) == ("complete", ["sentiment"])
    assert listed["form"].startswith("onnx ")
    assert listed["loaded"] is not None
    verified = cloud.ask(action="verify")
    assert (verified["damaged"], verified["skipped"]) == ([], [])
    assert verified["checked"] > 3  # the artifact and each file of the download

    error, refused = cloud.ask(action="remove", model=MODEL)
    assert (error, refused["errorType"]) == ("Unhandled", "ModelInUse")
    assert cloud.ask(action="prune")["removed"] == []

    (manifest,) = cloud.folder.glob(f"artifacts/*/*/*/{MANIFEST}")
    weights = max(manifest.parent.iterdir(), key=lambda path: path.stat().st_size)
    with weights.open("r+b") as stream:
        stream.seek(weights.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte ^ 1]))
    (found,) = cloud.ask(action="verify", repair=True)["damaged"]
    assert (found["repaired"], found["artifact"]) == (True, listed["artifact"])
    assert cloud.served.get("sentiment/health").json()["model"] == "cold"
    event = cloud.served.post("2015-03-31/functions/hublet-sentiment/invocations", {"action": "prepare"})
    assert event.json()["state"] == "ready"


@pytest.mark.timeout(600)
def test_an_artifact_of_an_older_version_is_made_again(
    cloud: Cloud, hub: HubServer, changed_template: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the download that is there: not one byte of the weights comes again."""
    cloud.served.post("sentiment/", GOOD)
    (manifest,) = cloud.folder.glob(f"artifacts/*/*/*/{MANIFEST}")
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": 0}))
    hub.record.clear()
    template = changed_template({"MODEL": MODEL})
    arguments = ("--hub", hub.url, "--cache", str(cloud.folder), "--tasks", "sentiment")
    with serve("--template", str(template), *arguments) as again:
        assert again.post("sentiment/", GOOD).json()[0][0]["label"] == "POSITIVE"
    assert cloud.artifact()["state"] == "complete"
    assert not [line for line in hub.record.lines if "safetensors" in str(line)]


@pytest.mark.timeout(600)
def test_make_cache(cloud: Cloud, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What an operator types: prefetch, a table, JSON, a refusal, a removal by force."""
    port = cloud.served.url.rstrip("/").rpartition(":")[2]
    folder = ("--cache", str(cloud.folder), "--port", port, "--template", str(tmp_path / "template.json"))

    def make(*arguments: str) -> tuple[int, str, str]:
        code = command.main([*arguments, *folder])
        return code, *capsys.readouterr()

    code, printed, _ = make("prefetch", "--args", '{"task": "sentiment"}')
    assert (code, printed) == (0, "hublet-sentiment: asked to prepare\n")
    cloud.served.post("sentiment/", GOOD)  # waits for the preparation that was asked for
    code, printed, _ = make("list")
    assert code == 0
    header, *rows = printed.splitlines()
    assert header.split() == ["model", "commit", "what", "precision", "MB", "made", "loaded", "state"]
    assert [row.split()[0] for row in rows[:2]] == [MODEL, MODEL]
    assert rows[-1].startswith("1 models, ")
    code, printed, _ = make("list", "--json")
    assert "sentiment" in json.loads(printed)["models"][0]["used_by"]
    code, printed, complaint = make("remove", "--model", MODEL)
    assert (code, printed) == (1, "")
    assert "less than 12 hours ago" in complaint
    code, printed, complaint = make("burn")
    assert (code, complaint) == (1, "action: must be one of list, verify, remove, prefetch, prune\n")
    code, printed, _ = make("remove", "--model", MODEL, "--args", '{"force": true}')
    assert printed.splitlines()[-1].startswith("2 removed, ")
    assert make("list")[1].startswith("0 models, 0.0 MB")
