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

from local.cloud.template import read_template
from local.demo.catalog import DEMO_REPOSITORIES, demo_model
from local.demo.recipes import OWNER
from local.hub.server import HubServer
from tests.support.container import bases, engine
from tests.support.container.bases import KEPT
from tests.support.container.function import TASKS
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.cloud.template import LocalFunction

MODELS = KEPT / "demo-models"
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
def serve_image(tag: str, image: str, base_images: tuple[str, str], made: list[str]) -> str:
    """The target of functions with a relay; its layers are those of the full image's beginning."""
    return bases.build(ROOT, base_images, f"hublet-test/serve:{tag}", made, "serve")


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
def hub() -> Iterator[HubServer]:
    """Small models alone: what an image can do does not depend on what a model has learnt."""
    names = [name for name in map("demo-{}".format, TASKS) if not (DEMO_REPOSITORIES / OWNER / name).is_dir()]
    command = [sys.executable, "-m", "local.demo.make", "--untrained", "--root", str(MODELS), *names]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with HubServer((DEMO_REPOSITORIES, MODELS)) as server:
        yield server


@pytest.fixture
def events() -> dict[str, object]:
    """The console test events, by function."""
    return {path.stem: json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")}
