"""The workshop's commands run as written; demo models stand in for the Hub's, the local cloud for AWS."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from inference.tasks import get_task
from local.demo_models import BUILT, DEMO_REPOSITORIES, demo_model, make
from local.hub import HubServer
from tests.integration.test_documents import blocks, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.conftest import Served

TASKS = ("sentiment", "classification", "summarization")
ANSWERS = {"sentiment": "POSITIVE", "classification": "sport"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A Hub on which every model that the workshop names is there: the task's demo model, under that name."""
    root = tmp_path_factory.mktemp("hub")
    demos = {name: str(demo_model(get_task(name))) for name in TASKS}
    make(demos.values())
    for name, demo in demos.items():
        source = next(folder / demo for folder in (DEMO_REPOSITORIES, BUILT) if (folder / demo).is_dir())
        for model in (get_task(name).model, *get_task(name).alternatives):
            shutil.copytree(source, root / model.id)
    with HubServer(root) as server:
        yield server


@pytest.fixture(scope="module")
def environ(served: Served, hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An attendee's shell; what one step has prepared, the next one finds."""
    return {
        **os.environ,
        "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
        "HF_ENDPOINT": hub.url,
        "MODEL_CACHE": str(tmp_path_factory.mktemp("workshop-cache")),
    }


@pytest.mark.parametrize("command", blocks("bash", "docs/workshop.md"), ids=lambda command: command[:50])
def test_a_step_works(served: Served, environ: dict[str, str], command: str) -> None:
    # The commits that tasks pin are not those of the demo models.
    command = command.replace("-m inference ", "-m inference --revision main ")
    printed = run(command, served, environ)
    task = next((name for name in TASKS if f"main {name}" in command), None)
    if task or "curl" in command:
        assert ANSWERS.get(task or "sentiment", "") in printed
        assert printed.strip()
