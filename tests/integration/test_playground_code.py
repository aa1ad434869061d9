"""The code that the playground offers to paste runs as it is, and answers what the page shows."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from inference.tasks import get_task
from playground import code, endpoints
from playground.access import Access
from playground.client import Client
from playground.description import Catalogue
from playground.form import form_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.served import Served

LABELS = {"sentiment": "POSITIVE", "image_classification": "3"}


@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("example", [0, -1], ids=["first example", "last example"])
def test_code_to_paste_runs(served: Served, tmp_path: Path, name: str, example: int) -> None:
    task = get_task(name)
    catalogue = Catalogue(endpoints.local(served.url), Client(Access()))
    description = catalogue.describe(task.function_name)
    request = form_of(description).read_example(task.examples[example].body)
    if description.media_kind:
        (tmp_path / "picture.png").write_bytes(base64.b64decode(request.inputs))
    commands = [
        [sys.executable, "-c", code.hub_client(description, request, has_key=False)],
        [sys.executable, "-c", code.boto3(description, request)],
    ]
    if not (description.media_kind and request.parameters):  # that one has a place for base64 to fill in
        commands.append(["bash", "-c", code.curl(description, request, has_key=False)])
    for command in commands:
        done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert re.search(rf"label\W+{LABELS[name]}\W", done.stdout)
