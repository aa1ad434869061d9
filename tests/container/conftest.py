"""An engine, the image built by it, and the Runtime Interface Emulator; each made once a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.demo_models import BUILT, DEMO_REPOSITORIES, demo_model, make
from local.hub import HubServer
from local.template import read_template
from tests.conftest import ROOT
from tests.container import bases, engine
from tests.container.bases import KEPT
from tests.container.function import TASKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.template import LocalFunction

EMULATOR = "samcli/local/rapid/aws-lambda-rie-x86_64"


@pytest.fixture(scope="session")
def tag() -> str:
    """Marks every image of this run."""
    if not engine.is_running():
        if os.environ.get("REQUIRE_DOCKER"):
            pytest.fail("REQUIRE_DOCKER is set, and no Docker engine answers")
        pytest.skip("no Docker engine answers")
    return uuid.uuid4().hex[:12]


@pytest.fixture(scope="session")
def made(tag: str) -> Iterator[list[str]]:
    """Ids of images that builds of this run leave without a name."""
    ids: list[str] = []
    yield ids
    engine.remove(f"hublet-test/*:{tag}*", ids)


@pytest.fixture(scope="session")
def base_images(tag: str, made: list[str]) -> tuple[str, str]:
    return bases.make(tag, made)


@pytest.fixture(scope="session")
def image(tag: str, base_images: tuple[str, str], made: list[str]) -> str:
    """docker/Dockerfile, built from the project's folder as ``cdk deploy`` builds it."""
    return bases.build(ROOT, base_images, f"hublet-test/image:{tag}", made)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AWS's own binary, taken out of the wheel of aws-sam-cli."""
    folder = KEPT / "emulator"
    binary = folder / Path(EMULATOR).name
    if not binary.exists():
        folder.mkdir(parents=True, exist_ok=True)
        scratch = tmp_path_factory.mktemp("aws-sam-cli")
        fetch = ["download", "--no-deps", "--only-binary=:all:", "--dest", str(scratch), "aws-sam-cli"]
        subprocess.run([sys.executable, "-m", "pip", *fetch], check=True, capture_output=True)
        (wheel,) = scratch.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            unfinished = binary.with_suffix(".part")
            unfinished.write_bytes(archive.read(EMULATOR))
        unfinished.chmod(0o755)
        unfinished.rename(binary)
    return binary


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LocalFunction]:
    """The functions as the synthesized template declares them, on demo models."""
    output = tmp_path_factory.mktemp("cdk.out")
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["npx", "--no-install", "cdk", "synth", "--quiet", "--output", str(output)]
    subprocess.run(command, cwd=ROOT, env=environ, check=True, capture_output=True)
    found = {function.name: function for function in read_template(output / "Hublet.template.json")}
    for name in TASKS:
        if model := demo_model(found[name].task):
            found[name].environment["MODEL"] = model
    return found


@pytest.fixture(scope="session")
def hub(functions: dict[str, LocalFunction]) -> Iterator[HubServer]:
    make(functions[name].environment["MODEL"] for name in TASKS)
    with HubServer((DEMO_REPOSITORIES, BUILT)) as server:
        yield server


@pytest.fixture
def events() -> dict[str, object]:
    """The console test events, by function."""
    return {path.stem: json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")}
