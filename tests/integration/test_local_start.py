"""What ``python -m local`` decides before any function starts: the Hub, and which commits stand in."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from inference.tasks import get_task
from local import __main__ as local
from local.cloud.front import Cloud
from local.cloud.template import LocalFunction
from local.demo import catalog
from local.demo.cards import UNTRAINED
from local.demo.catalog import DEMO_REPOSITORIES, EMBEDDED, current
from local.demo.recipes import COMMIT, commit_of
from local.hub.server import HubServer
from playground import endpoints

if TYPE_CHECKING:
    from pathlib import Path

CHAT = "hublet/demo-chat"
FUNCTION = LocalFunction(
    name="chat",
    full_name="hublet-chat",
    task=get_task("chat"),
    memory_mb=512,
    timeout_s=20,
    environment={"TASK": "chat"},
    mount_path="/mnt/models",
    reserved_concurrency=None,
)


def put(root: Path, card: str) -> None:
    """A demo repository as it is made, or made again."""
    folder = root / CHAT
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(card)
    (folder / COMMIT).unlink(missing_ok=True)


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of demo models that are made at first use, with an untrained one in it."""
    root = tmp_path / "built"
    put(root, f"**{UNTRAINED}**")
    monkeypatch.setattr(catalog.current, "__defaults__", ((DEMO_REPOSITORIES, root),))
    return root


def start(function: LocalFunction, hub: str = EMBEDDED) -> tuple[dict[str, str], str]:
    """The variables of a function that starts now, and what has to stand beside its answers."""
    demos = local.demos_of([function], hub)
    overrides = local.overrides_of("http://hub", demos if hub == EMBEDDED else {}, None)
    return overrides(function), "".join(demo.note for demo in demos.values())


def test_each_start_takes_the_demo_model_of_now(built: Path) -> None:
    before, note_before = start(FUNCTION)
    put(built, "trained")
    after, note_after = start(FUNCTION)
    assert (note_before, note_after) == (UNTRAINED, "")
    assert before["MODEL"] == after["MODEL"] == CHAT
    assert before["REVISION"] != after["REVISION"]
    assert FUNCTION.task.with_model(after["MODEL"], after["REVISION"]).model.is_pinned


def test_a_running_function_keeps_the_note_of_the_commit_it_began_with(built: Path, tmp_path: Path) -> None:
    demos = local.demos_of([FUNCTION], EMBEDDED)
    overrides = local.overrides_of("http://hub", demos, None)
    notes = {name: demo.note for name, demo in demos.items()}

    async def story() -> str:
        async with Cloud([FUNCTION], tmp_path, overrides, lambda *_: None, notes=notes) as cloud:
            put(built, "trained")
            (endpoint,) = await asyncio.to_thread(endpoints.local, cloud.url)
            return endpoint.note

    assert asyncio.run(story()) == UNTRAINED
    assert overrides(FUNCTION)["REVISION"] == demos["chat"].commit


def test_the_commit_is_the_embedded_hubs(built: Path) -> None:
    with HubServer((DEMO_REPOSITORIES, built)) as hub:
        from huggingface_hub import HfApi

        for repository in (CHAT, "hublet/demo-sentiment"):
            found = current(repository)
            assert found
            assert HfApi(endpoint=hub.url).model_info(repository).sha == found.commit


def test_a_commit_that_was_written_down_is_not_counted_again(built: Path) -> None:
    (built / CHAT / COMMIT).write_text("c" * 40)
    assert start(FUNCTION)[0]["REVISION"] == "c" * 40
    assert commit_of(built, CHAT) != "c" * 40


def test_an_operators_choice_stays(built: Path) -> None:
    chosen = {"MODEL": "someone/else", "REVISION": "d" * 40}
    task = FUNCTION.task.with_model(chosen["MODEL"], chosen["REVISION"])
    own = replace(FUNCTION, environment=chosen, task=task)
    assert start(own) == ({"HF_ENDPOINT": "http://hub"}, "")
    by_name = replace(FUNCTION, environment={"MODEL": CHAT}, task=FUNCTION.task.with_model(CHAT, None))
    variables, note = start(by_name)
    assert (variables["MODEL"], len(variables["REVISION"]), note) == (CHAT, 40, UNTRAINED)
    pinned = replace(by_name, environment={"MODEL": CHAT, "REVISION": "d" * 40})
    assert start(pinned)[0] == {"HF_ENDPOINT": "http://hub"}


def test_another_hub_serves_what_the_template_says(built: Path) -> None:
    assert start(FUNCTION, "https://huggingface.co") == ({"HF_ENDPOINT": "http://hub"}, "")


@pytest.mark.parametrize("command", ["run", "serve"])
@pytest.mark.parametrize(
    ("hub", "meant"),
    [
        ("huggingface.co", "https://huggingface.co"),
        ("hub.example.org:8443/models", "https://hub.example.org:8443/models"),
        ("", "https://huggingface.co"),
        ("https://", "https://huggingface.co"),
        ("https://[", "https://huggingface.co"),
        ("ftp://hub", "https://huggingface.co"),
        ("https://hub with.spaces", "https://huggingface.co"),
    ],
)
def test_what_is_no_hub_is_refused_before_anything_starts(
    command: str, hub: str, meant: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["local", command, "--hub", hub, "--template", "not-looked-at.json"])
    assert local.main() == 1
    assert capsys.readouterr().err == f"error: HUB={hub!r} is no Hub's address: write it like {meant}\n"


def test_a_task_that_nothing_serves_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A template of before the task file was changed."""
    template = tmp_path / "template.json"
    properties = {"Environment": {"Variables": {"TASK": "spam"}}}
    resource = {"Type": "AWS::Lambda::Function", "Properties": properties}
    template.write_text(json.dumps({"Resources": {"Spam": resource}}))
    mistaken = replace(get_task("spam"), pipeline_tag="text-clasification")
    monkeypatch.setattr("inference.tasks.spam.TASK", mistaken)
    monkeypatch.setattr(sys, "argv", ["local", "run", "--template", str(template)])
    assert local.main() == 1
    assert capsys.readouterr().err.startswith("error: inference/tasks/spam.py: no engine serves")
