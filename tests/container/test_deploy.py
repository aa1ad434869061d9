"""``cdk deploy`` with an engine: what it builds, and names for the registry, are the images tested here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.aws.account import account
from tests.support.aws.docker_program import BUILD
from tests.support.container import bases
from tests.support.container.engine import docker, layers

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(1800)  # it may be the first that waits for the build


def test_a_deployment_builds_each_image_once_and_names_it_for_its_functions(
    image: str, serve_image: str, base_images: tuple[str, str], tmp_path: Path
) -> None:
    """With a relay there are both; without one, ``full`` is built as it is here for the factory."""
    options = ["--network=none", *bases.options(base_images)]
    with account(tmp_path, **{BUILD: json.dumps(options)}) as aws:
        try:
            aws.make("deploy", "--require-approval never", "tasks=spam,image")
            commands = [json.loads(line) for line in aws.docker_commands()]
            builds = [command for command in commands if command[0] == "build"]
            assert sorted("--target" in build for build in builds) == [False, True]
            assert len([command for command in commands if command[0] == "tag"]) == len(builds)
            client = aws.client("lambda")
            names = {
                function: client.get_function(FunctionName=f"hublet-{function}")["Code"]["ImageUri"]
                for function in ("spam", "cache", "image", "factory")
            }
            assert names["spam"] == names["cache"] == names["image"] != names["factory"]
            assert layers(names["spam"]) == layers(serve_image)
            assert layers(names["factory"]) == layers(image)
            aws.make("destroy", "--force", "tasks=spam,image")
        finally:
            for command in map(json.loads, aws.docker_commands()):
                if command[0] == "tag":
                    docker("rmi", *command[1:])
