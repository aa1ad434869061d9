"""``cdk deploy`` with an engine: what it builds, and names for the registry, is the image tested here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.container import bases
from tests.container.engine import docker, layers
from tests.deploy.account import account
from tests.deploy.docker_program import BUILD

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(1800)  # it may be the first that waits for the build


def test_a_deployment_builds_this_image_once_and_names_it_for_the_functions(
    image: str, base_images: tuple[str, str], tmp_path: Path
) -> None:
    options = ["--network=none", *bases.options(base_images)]
    with account(tmp_path, **{BUILD: json.dumps(options)}) as aws:
        try:
            aws.make("deploy", "--require-approval never", "tasks=spam,sentiment", "egress=none")
            commands = [json.loads(line) for line in aws.docker_commands()]
            (build,) = (command for command in commands if command[0] == "build")
            ((_, _, name),) = (command for command in commands if command[0] == "tag")
            function = aws.client("lambda").get_function(FunctionName="hublet-spam")
            assert function["Code"]["ImageUri"] == name
            assert layers(name) == layers(image)
            aws.make("destroy", "--force", "tasks=spam,sentiment", "egress=none")
        finally:
            for command in map(json.loads, aws.docker_commands()):
                if command[0] == "tag":
                    docker("rmi", *command[1:])
