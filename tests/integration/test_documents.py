"""Documents do not rot: their code runs, their links lead somewhere, their tables are true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from inference.tasks import all_tasks
from local.demo_models import DEMO_REPOSITORIES
from local.hub import HubServer
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.conftest import Served

DOCUMENTS = [
    ROOT / "README.md",
    *sorted(path for folder in ("docs", "inference", "local") for path in (ROOT / folder).rglob("*.md")),
]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
# What talks to AWS or the Hub, never ends by itself, or is this very run: make only has to know it.
DRY = ("make deploy", "make destroy", "make lock", "make serve", "make test", "make ui")
IN_AWS = re.compile(r"make cache .*DEPLOYED=1")  # a function that the local cloud has not


def blocks(language: str, document: str = "README.md") -> list[str]:
    text = (ROOT / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with HubServer(DEMO_REPOSITORIES) as server:
        yield server


@pytest.fixture
def environ(served: Served, hub: HubServer, tmp_path: Path) -> dict[str, str]:
    return {
        **shell(served, hub, tmp_path),
        "HUBLET_KEY": "none",
        "OLD_SHA256": "0" * 64,
        "NEW_SHA256": "1" * 64,
        "TASKS": "sentiment,translation",  # test_stories runs all of them
    }


def shell(served: Served, hub: HubServer, folder: Path) -> dict[str, str]:
    """A user's variables after a deployment, with the local cloud as AWS."""
    return {
        **os.environ,
        "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
        "HF_ENDPOINT": hub.url,
        "MODEL_CACHE": str(folder / "cache"),
        "SENTIMENT_URL": f"{served.url}sentiment/",
        "OUTPUTS": outputs(folder),
        "AWS_ENDPOINT_URL_LAMBDA": served.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
    }


def outputs(folder: Path) -> str:
    """What ``make deploy`` writes, for functions of the local cloud; where it is."""
    names = {
        f"{task.name.title().replace('_', '')}Name": f"hublet-{task.function_name}" for task in all_tasks()
    }
    file = folder / "outputs.json"
    file.write_text(json.dumps({"Hublet": names}))
    return str(file)


def here(code: str, served: Served, cache: str = "") -> str:
    port = served.url.rstrip("/").rpartition(":")[2]
    code = code.replace("http://127.0.0.1:8080/", served.url)
    code = code.replace("make cache", f"make cache PORT={port} CACHE={cache}")
    code = code.replace("-m inference sentiment", "-m inference sentiment --model hublet/demo-sentiment")
    return code.replace("make invoke ", f"make invoke PORT={port} ")


def run(command: str, served: Served, environ: dict[str, str], cache: str = "") -> str:
    """What a command prints, in a shell in the project's folder; AWS and endless ones are only looked at."""
    lines = [
        line.replace("make ", "make --dry-run ", 1) if line.startswith(DRY) or IN_AWS.search(line) else line
        for line in command.splitlines(keepends=True)
    ]
    done = subprocess.run(
        ["bash", "-euc", here("".join(lines), served, cache)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", blocks("bash"), ids=lambda command: command.splitlines()[0][:40])
def test_a_command_of_the_readme_works(served: Served, environ: dict[str, str], command: str) -> None:
    printed = run(command, served, environ)
    if "curl" in command or "make invoke" in command or "-m inference" in command:
        assert "POSITIVE" in printed


@pytest.mark.parametrize(
    "command", blocks("bash", "docs/operations.md"), ids=lambda command: command.splitlines()[-1][:60]
)
def test_a_command_of_the_operations_guide_works(
    served: Served, environ: dict[str, str], command: str, cache: Path, tmp_path: Path
) -> None:
    # A copy, whose files have two names: what is removed from it stays where the other tests look.
    copy = shutil.copytree(cache, tmp_path / "cache", symlinks=True, copy_function=os.link)
    printed = run(command, served, environ, str(copy))
    if "make invoke" in command:
        assert '"state": "ready"' in printed


@pytest.mark.parametrize(
    "command",
    [each for each in blocks("bash", "docs/first-steps.md") if each not in blocks("bash")],
    ids=lambda command: command[:40],
)
def test_a_first_step_that_the_readme_has_not_works(
    served: Served, environ: dict[str, str], command: str
) -> None:
    run(command, served, environ)


def test_first_steps_are_all_of_them_in_order() -> None:
    page = (ROOT / "docs/first-steps.md").read_text()
    steps = (
        "`git clone`",
        "make run",
        "make ui",
        "tasks/language.py",
        "make synth",
        "make deploy",
        "make destroy",
    )
    places = [page.index(step) for step in steps]
    assert places == sorted(places)
    for section in page.split("\n## ")[1:]:
        assert re.search(r"\b[Yy]ou (see|find)\b", section), section


@pytest.mark.parametrize("code", blocks("python"), ids=lambda code: code.splitlines()[-1][:40])
def test_code_of_the_readme_works(served: Served, environ: dict[str, str], code: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", here(code, served)], cwd=tmp_path, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() if "OpenAI" in code else "POSITIVE" in done.stdout


@pytest.mark.parametrize("event", blocks("json"))
def test_a_test_event_of_the_readme_works(served: Served, event: str) -> None:
    reply = served.post(
        "2015-03-31/functions/hublet-sentiment/invocations", content=event, headers={"x-amz-log-type": "Tail"}
    )
    assert "x-amz-function-error" not in reply.headers
    assert reply.json()[0][0]["label"] == "POSITIVE"
    assert reply.headers["x-amz-log-result"]


def test_the_readmes_table_of_functions_is_the_code_s() -> None:
    readme = (ROOT / "README.md").read_text()
    for task in all_tasks():
        assert f"| `{task.function_name}` | {task.summary} | `{task.model.id}` |" in readme


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document: Path) -> None:
    for target, anchor in LINK.findall(document.read_text()):
        if target.startswith("https://"):
            continue
        file = document.parent / target if target else document
        assert file.exists(), target
        assert not anchor or anchor in anchors(file.read_text()), f"{target}#{anchor}"


def anchors(text: str) -> set[str]:
    """What headings are called in links, as GitHub makes it of their words; code has no headings."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_of_other_forms_are_not_overlooked() -> None:
    text = "[a](b.md) [c](d.md#e-f) [g](#h) ![i](j.svg)"
    assert LINK.findall(text) == [("b.md", ""), ("d.md", "e-f"), ("", "h"), ("j.svg", "")]
    assert anchors("# A `b`, and c?\n```bash\n# no\n```\n") == {"a-b-and-c"}


def test_the_diagram_is_the_one_that_its_text_draws(tmp_path: Path) -> None:
    environ = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
    subprocess.run(["node", "docs/diagrams/render.mjs", str(tmp_path)], cwd=ROOT, env=environ, check=True)
    drawn = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert drawn == {path.name: path.read_text() for path in (ROOT / "docs/diagrams").glob("*.svg")}
