"""``models.lock.json``: made from a Hub, applied to downloads; a file that is not as it says is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.deadline import Deadline
from inference.errors import ModelUnavailable
from inference.hub import lock as model_lock
from inference.prepare.direct import DirectProvider
from inference.prepare.spec import ArtifactSpec
from inference.serve import Service
from inference.settings import DEFAULT_HUB, Settings
from inference.tasks import all_tasks, get_task
from local.commands import lock
from local.hub.server import HubServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inference.task import Task

TASK = get_task("emotion")
NAME = TASK.model.id
SPEC = ArtifactSpec("any-tag", (), "auto", threads=1, memory_mb=4096)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repositories" / NAME
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(bytes(range(256)) * 8192)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "modeling_custom.py").write_text("raise SystemExit")
    return folder


@pytest.fixture
def hub(repository: Path) -> Iterator[HubServer]:
    with HubServer(repository.parents[1]) as server:
        yield server


@pytest.fixture
def locked(hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The lock of a Hub that has one of the models."""
    file = tmp_path / "models.lock.json"
    assert lock.main(["--hub", hub.url, "--file", str(file)]) == 1  # the other models are not there
    monkeypatch.setattr(model_lock, "PATH", file)
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def fetch(hub: HubServer, tmp_path: Path) -> DirectProvider:
    model = model_lock.pinned(TASK, hub.url).model
    provider = DirectProvider(tmp_path / "cache", hub.url, {}, SPEC)
    provider.fetch(model, Deadline.after(60.0), lambda line: None)
    assert provider.store.find(model) is not None
    return provider


def test_the_committed_lock_names_every_model_that_a_function_may_serve() -> None:
    document = model_lock.read()
    names = {model.id for task in all_tasks() for model in (task.model, *task.alternatives)}
    assert document["hub"] == DEFAULT_HUB
    assert set(document["models"]) == names


@pytest.mark.parametrize("task", all_tasks(), ids=lambda task: task.name)
def test_the_committed_lock_says_of_no_pinned_model_that_it_is_another(task: Task) -> None:
    locked = model_lock.pinned(task, DEFAULT_HUB)
    for before, after in zip(
        (task.model, *task.alternatives), (locked.model, *locked.alternatives), strict=True
    ):
        assert before.revision == "main" or after.revision.startswith(before.revision)


def test_it_knows_what_the_hub_has_and_nothing_of_the_rest(locked: dict[str, Any], hub: HubServer) -> None:
    known = {name: entry for name, entry in locked["models"].items() if entry}
    assert locked["hub"] == hub.url
    assert set(known) == {NAME}
    assert set(known[NAME]["files"]) == {"config.json", "model.safetensors"}


def test_the_same_hub_gives_the_same_bytes(
    locked: dict[str, Any], hub: HubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = model_lock.PATH.read_bytes()
    lock.main(["--hub", hub.url, "--file", str(model_lock.PATH)])
    assert model_lock.PATH.read_bytes() == before
    assert list(model_lock.PATH.parent.glob(".models*")) == []
    commit = locked["models"][NAME]["commit"][: lock.SHOWN_DIGITS]
    assert f"{commit}  {commit}  0" in capsys.readouterr().out


def test_a_change_on_the_hub_is_shown(
    locked: dict[str, Any], hub: HubServer, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "config.json").write_text('{"model_type": "roberta"}')
    lock.main(["--hub", hub.url, "--file", str(model_lock.PATH)])
    was, now = locked["models"][NAME], model_lock.read()["models"][NAME]
    assert was["files"]["config.json"] != now["files"]["config.json"]
    assert was["files"]["model.safetensors"] == now["files"]["model.safetensors"]
    shown = [each["commit"][: lock.SHOWN_DIGITS] for each in (was, now)]
    assert f"{shown[0]}  {shown[1]}  1" in capsys.readouterr().out


def test_a_dead_hub_changes_nothing(
    locked: dict[str, Any], hub: HubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.stop()
    assert lock.main(["--hub", locked["hub"], "--file", str(model_lock.PATH)]) == 1
    assert model_lock.read() == locked
    assert f"{NAME}: the Hub did not tell" in capsys.readouterr().err


def test_a_function_takes_the_locked_commit_of_its_hub_alone(
    locked: dict[str, Any], hub: HubServer, tmp_path: Path
) -> None:
    def revision(hub_url: str, **more: str) -> str:
        variables = {"TASK": TASK.name, "MODEL_CACHE": str(tmp_path / "cache"), "HF_ENDPOINT": hub_url}
        service = Service(TASK, Settings.from_env({**variables, **more}))
        return service._task.model.revision

    assert revision(hub.url) == locked["models"][NAME]["commit"]
    assert revision("http://127.0.0.1:9") == TASK.model.revision
    assert revision(hub.url, REVISION="v1.0") == "v1.0"


@pytest.mark.usefixtures("locked")
def test_files_that_are_as_the_lock_says_are_served(hub: HubServer, tmp_path: Path) -> None:
    fetch(hub, tmp_path)


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_file_that_is_another_is_refused_by_name(
    locked: dict[str, Any], hub: HubServer, tmp_path: Path, name: str
) -> None:
    locked["models"][NAME]["files"][name] = "0" * 64
    lock.write(model_lock.PATH, locked)
    with pytest.raises(ModelUnavailable, match=rf"{name} of {NAME} is not the file that models.lock.json"):
        fetch(hub, tmp_path)
    assert list((tmp_path / "cache").glob("artifacts/*/*/*")) == []


def test_a_file_that_the_lock_does_not_know_is_refused(
    locked: dict[str, Any], hub: HubServer, tmp_path: Path
) -> None:
    del locked["models"][NAME]["files"]["config.json"]
    lock.write(model_lock.PATH, locked)
    with pytest.raises(ModelUnavailable, match=rf"config.json of {NAME} is not among the files"):
        fetch(hub, tmp_path)
