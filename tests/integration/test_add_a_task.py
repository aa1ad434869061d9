"""inference/tasks/README.md, followed to the letter in a copy of the project."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.paths import ROOT
from tests.support.project_copy import NOT_COPIED
from tests.support.served import Served, serve, synth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the documented task in the documented place."""
    root = tmp_path_factory.mktemp("project") / "hublet"
    shutil.copytree(ROOT, root, ignore=NOT_COPIED)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    page = (root / "inference" / "tasks" / "README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (place,) = re.findall(r"whole one, `([\w/]+\.py)`", page)
    (root / place).write_text(code)
    return root


@pytest.fixture(scope="module")
def new_template(copy: Path) -> Path:
    return synth(copy, copy / "build" / "cdk.out", "-c", "tasks=language,sentiment")


@pytest.fixture(scope="module")
def new_functions(copy: Path, new_template: Path) -> Iterator[Served]:
    arguments = ("--template", str(new_template), "--cache", str(copy / "build" / "cache"))
    with serve(*arguments, root=copy) as running:
        yield running


def test_the_function_is_in_the_template(new_template: Path) -> None:
    template = json.loads(new_template.read_text())
    functions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    assert "hublet-language" in [properties.get("FunctionName") for properties in functions]
    assert {"LanguageName", "LanguageUrl"} <= template["Outputs"].keys()


def test_the_route_answers_and_describes_itself(new_functions: Served) -> None:
    description = new_functions.get("language/").json()
    assert description["summary"] == "Names the language of a text."
    assert {entry["name"] for entry in description["parameters"]} == {"top_k", "function_to_apply", "partial"}
    (example,) = description["examples"]
    reply = new_functions.post("language/", example["body"])
    assert reply.status_code == 200, reply.text
    assert reply.json()[0][0].keys() == {"label", "score"}
