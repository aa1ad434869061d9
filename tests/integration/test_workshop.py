"""The workshop's commands run as written; demo models stand in for the Hub's, the local cloud for AWS."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from inference.tasks import get_task
from local.demo.catalog import DEMO_REPOSITORIES, demo_model, make
from local.demo.recipes import BUILT
from local.hub.server import HubServer
from tests.support.documents import blocks, run, shell
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.served import Served

TASKS = ("sentiment", "classification", "summarization", "image")
ANSWERS = {"sentiment": "POSITIVE", "classification": "sport", "image": ".png"}
OTHERS = {
    "sentiment": (
        "cardiffnlp/twitter-roberta-base-sentiment-latest",
        "nlptown/bert-base-multilingual-uncased-sentiment",
        "siebert/sentiment-roberta-large-english",
    )
}
"""Task -> models that the workshop compares, besides those that the function names."""
SUMMARIZER, LEFT = blocks("python", "docs/workshop.md")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A Hub on which every model that the workshop names is there: the task's demo model, under that name."""
    root = tmp_path_factory.mktemp("hub")
    demos = {name: str(demo_model(get_task(name))) for name in TASKS}
    make(demos.values())
    for name, demo in demos.items():
        source = next(folder / demo for folder in (DEMO_REPOSITORIES, BUILT) if (folder / demo).is_dir())
        task = get_task(name)
        for model in (task.model.id, *(each.id for each in task.alternatives), *OTHERS.get(name, ())):
            shutil.copytree(source, root / model)
    with HubServer(root) as server:
        yield server


@pytest.fixture(scope="module")
def environ(served: Served, hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An attendee's shell; what one step has prepared, the next one finds."""
    return {
        **shell(served, hub, tmp_path_factory.mktemp("workshop")),
        "HF_HOME": str(tmp_path_factory.mktemp("workshop-home")),
        "EXPERIMENTS": str(tmp_path_factory.mktemp("experiments")),
        "TINY": "1",  # test_experiments trains in earnest
    }


@pytest.mark.parametrize("command", blocks("bash", "docs/workshop.md"), ids=lambda command: command[:50])
def test_a_step_works(served: Served, environ: dict[str, str], command: str) -> None:
    # The commits that tasks pin are not those of the demo models.
    command = command.replace("-m inference ", "-m inference --revision main ")
    command = command.replace("-o build/", f"-o {environ['EXPERIMENTS']}/")
    command = command.replace("build/outputs.json", environ["OUTPUTS"])
    command = command.replace("events/*.json", "events/s[ei]*.json")  # test_invoke takes them all
    printed = run(command, served, environ)
    task = next((name for name in TASKS if f"main {name}" in command), None)
    if task or "curl" in command or "make invoke" in command:
        assert ANSWERS.get(task or "sentiment", "") in printed
        assert printed.strip()
    for script in re.findall(r"scripts/(\w+)\.py", command):
        assert ANSWERS.get(script, "") in printed
        assert printed.strip()
    if "make experiment" in command:
        (picture,) = re.findall(r"the picture is (\S+)", printed)
        assert Path(picture).read_text().startswith("<?xml")


def test_the_summarizer_summarizes(environ: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SUMMARIZER, "sshleifer/distilbart-cnn-12-6"],
        env=environ,
        input=(ROOT / "docs/article.txt").read_text(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_what_is_left_of_a_stack_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "Hublet"}]
    with mock_aws():
        exec(LEFT, {})
        assert capsys.readouterr().out == "nothing is left\n"
        disks, logs = boto3.client("efs"), boto3.client("logs")
        disk = disks.create_file_system(CreationToken="ours", Tags=tags)["FileSystemId"]
        disks.create_file_system(CreationToken="another's")
        for group in ("/aws/lambda/hublet-sentiment", "/aws/lambda/other"):
            logs.create_log_group(logGroupName=group)
        address = _address_and_gateway(tags)
        exec(LEFT, {})
        left = capsys.readouterr().out.split()
    assert left[:2] == ["/aws/lambda/hublet-sentiment", disk]
    assert left[2].startswith("nat-")
    assert left[3:] == [address]


def _address_and_gateway(tags: list[dict[str, str]]) -> str:
    """What costs most of a stack that was left behind."""
    ec2 = boto3.client("ec2")
    ec2.allocate_address(Domain="vpc")  # another's
    address = ec2.allocate_address(Domain="vpc")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address["AllocationId"])["NatGateway"]
    ec2.create_tags(Resources=[address["AllocationId"], gateway["NatGatewayId"]], Tags=tags)
    return str(address["PublicIp"])
