"""What the images are built from, with and without a user's own tasks."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from inference import tasks
from inference.tasks import BadTask, TaskSource
from stacks.functions import build_context
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[TaskSource, TaskSource]:
    """One task in the user's folder, one in an installed package with a file beside it."""
    path = tmp_path / "path"
    for name in (f"{tasks.OWN}/mood.py", f"{tasks.OWN}/_shared.py", "acme/__init__.py", "acme/rank.py"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(f"# {name}\n")
    (path / "acme" / "labels.txt").write_text("good\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(path)])
    return (
        TaskSource("mood", f"{tasks.OWN}.mood", "hublet_tasks/mood.py"),
        TaskSource("rank", "acme.rank", "the task 'rank' of acme", "RANK"),
    )


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_checkout_is_taken_as_it_is() -> None:
    assert build_context.find_build_context() == ROOT


def test_a_copy_has_what_the_checkout_gives_to_docker(tmp_path: Path) -> None:
    build_context.stage(tmp_path, ())
    found = files(tmp_path)
    assert {".dockerignore", "models.lock.json", *build_context.DOCKER_FILES} <= found
    assert {name.split("/")[0] for name in found} == {
        ".dockerignore",
        "docker",
        "inference",
        "models.lock.json",
    }
    assert (tmp_path / "docker/Dockerfile").read_text() == (ROOT / "docker/Dockerfile").read_text()


def test_own_tasks_go_into_the_image(tmp_path: Path, own: tuple[TaskSource, TaskSource]) -> None:
    build_context.stage(tmp_path, own)
    added = {name.removeprefix("own/") for name in files(tmp_path) if name.startswith("own/")}
    assert added == {
        *("hublet_tasks/mood.py", "hublet_tasks/_shared.py", "hublet_tasks/rank.py"),
        *("acme/__init__.py", "acme/rank.py", "acme/labels.txt"),
    }
    found = (tmp_path / "own/hublet_tasks/rank.py").read_text()
    assert found.startswith("from acme.rank import RANK as TASK")
    dockerfile = (tmp_path / "docker/Dockerfile").read_text().splitlines()
    place = dockerfile.index("COPY own /opt/hublet/")
    assert dockerfile[place - 1] == "COPY inference /opt/hublet/inference"
    assert len(dockerfile) == len((ROOT / "docker/Dockerfile").read_text().splitlines()) + 1
    assert "!own" in (tmp_path / ".dockerignore").read_text().splitlines()


def test_a_package_that_cannot_be_copied_is_named(tmp_path: Path) -> None:
    bad = TaskSource("mood", "no_such_package.mood", "the task 'mood' of acme")
    with pytest.raises(BadTask, match="the task 'mood' of acme: its package 'no_such_package' cannot be put"):
        build_context.stage(tmp_path, (bad,))
