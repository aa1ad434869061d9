"""Documents do not rot: their code runs, their links lead somewhere, their tables are true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from inference.tasks import all_tasks
from local.demo.catalog import DEMO_REPOSITORIES
from local.hub.server import HubServer
from tests.support.documents import blocks, here, is_known_to_aws, run, shell
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.served import Served

DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted(path for folder in ("docs", "inference", "local") for path in (ROOT / folder).rglob("*.md")),
]
TESTED_ELSEWHERE = (
    *("docs/workshop.md", "docs/operations.md", "docs/constructs.md"),
    *("inference/", "local/demo/"),
)
"""Whose code has tests of its own: here, in test_workshop, test_wheel, test_add_a_*. Cards are models."""
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def code_of_documents(language: str) -> list[Any]:
    """Each piece of code once, with the first document that has it as its id."""
    found: dict[str, str] = {}
    for path in DOCUMENTS:
        document = path.relative_to(ROOT).as_posix()
        if not document.startswith(TESTED_ELSEWHERE):
            for code in blocks(language, document):
                found.setdefault(code, document)
    return [pytest.param(code, id=f"{found[code]}-{code.splitlines()[-1][:40]}") for code in found]


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


def test_commands_that_no_program_knows_are_found() -> None:
    assert is_known_to_aws(["sts", "get-caller-identity"])
    assert not is_known_to_aws(["sts", "get-caller"])


def expected_of(command: str) -> str:
    """What its answer has in it."""
    if "speech" in command:
        return "on Tuesday."
    return '"generated_text":"206"' if "stream" in command else "POSITIVE"


@pytest.mark.parametrize("command", code_of_documents("bash"))
def test_a_command_of_a_document_works(served: Served, environ: dict[str, str], command: str) -> None:
    printed = run(command, served, environ)
    if "curl" in command or "make invoke" in command or "-m inference" in command:
        assert expected_of(command) in printed


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


def test_the_answer_beside_the_readmes_call_is_the_one_that_it_gets(
    served: Served, environ: dict[str, str]
) -> None:
    (call,) = (each for each in blocks("bash") if each.startswith("curl"))
    (answer,) = (each for each in blocks("text") if each.startswith("["))
    printed, shown = json.loads(run(call, served, environ))[0], json.loads(answer)[0]
    assert [each["label"] for each in printed] == [each["label"] for each in shown]
    assert printed[0]["score"] == pytest.approx(shown[0]["score"], abs=0.02)


def test_first_steps_are_all_of_them_in_order() -> None:
    page = (ROOT / "docs/first-steps.md").read_text()
    steps = (
        "`git clone ",
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


@pytest.mark.parametrize("code", code_of_documents("python"))
def test_code_of_a_document_works(served: Served, environ: dict[str, str], code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", here(code, served)], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() if "OpenAI(" in code or "chat" in code else "POSITIVE" in done.stdout


def client_lines() -> list[str]:
    """Of the README's table of clients, what is to be pasted."""
    return re.findall(r"^\| [^|]+ \| [^|]+ \| `(.+)` \|$", (ROOT / "README.md").read_text(), re.MULTILINE)


CLIENTS = [line for line in client_lines() if "http://127.0.0.1:8080/" in line]


def test_the_readmes_table_of_clients_is_found() -> None:
    assert len(CLIENTS) >= 6


@pytest.mark.parametrize("line", CLIENTS, ids=lambda line: line[:60])
def test_a_line_for_a_client_works(served: Served, environ: dict[str, str], line: str) -> None:
    if line.startswith("curl"):
        assert "POSITIVE" in run(line, served, environ)
        return
    imports = "from huggingface_hub import InferenceClient\nfrom openai import OpenAI\n"
    code = f"{imports}print({here(line, served)})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("event", code_of_documents("json"))
def test_a_test_event_of_a_document_works(served: Served, event: str) -> None:
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


def test_every_option_has_a_row() -> None:
    table = (ROOT / "docs/configuration.md").read_text()
    keys = json.loads((ROOT / "cdk.json").read_text())["context"].keys() - {"cli-telemetry"}
    assert [key for key in keys if not key.startswith("@") and f"`{key}" not in table] == []


def test_every_make_command_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"(?:`|^)make ([a-z-]+)\b", document.read_text(), re.MULTILINE))
        assert named <= targets, document


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
