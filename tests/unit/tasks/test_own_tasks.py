"""A user's own tasks: files of ``hublet_tasks`` on the path, and entry points of installed packages."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from inference import tasks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = """
from inference.task import Example, Model, Task
from inference.tasks._text_classification import INPUTS

EXAMPLE = Example("One", {{"inputs": "a"}})
TASK = Task("{name}", "text-classification", "Says.", Model("a/b"), INPUTS, (EXAMPLE,))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder at the path's end, as the command puts a user's; its modules are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    yield tmp_path
    for name in [each for each in sys.modules if each.split(".")[0] in (tasks.OWN, "acme_tasks")]:
        del sys.modules[name]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def install(folder: Path, entry: str) -> None:
    """What an installed package leaves behind."""
    write(folder / "acme-1.dist-info" / "METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    write(folder / "acme-1.dist-info" / "entry_points.txt", f"[hublet.tasks]\n{entry}\n")


def test_a_file_of_the_users_folder_is_a_task(folder: Path) -> None:
    write(folder / tasks.OWN / "mood.py", SOURCE.format(name="mood"))
    write(folder / tasks.OWN / "_shared.py", "")
    assert tasks.get_task("mood").summary == "Says."
    assert "mood" in tasks.task_names()
    assert [each.name for each in tasks.task_sources() if each.is_own] == ["mood"]
    assert tasks.own_folders() == [folder / tasks.OWN]


@pytest.mark.parametrize("entry", ["mood = acme_tasks.mood", "mood = acme_tasks.mood:TASK"])
def test_an_entry_point_is_a_task(folder: Path, entry: str) -> None:
    write(folder / "acme_tasks" / "__init__.py", "")
    write(folder / "acme_tasks" / "mood.py", SOURCE.format(name="mood"))
    install(folder, entry)
    assert tasks.get_task("mood").name == "mood"
    assert "mood" in [task.name for task in tasks.all_tasks()]


def test_a_name_that_is_ours_is_refused(folder: Path) -> None:
    write(folder / tasks.OWN / "spam.py", SOURCE.format(name="spam"))
    with pytest.raises(tasks.BadTask) as raised:
        tasks.task_names()
    assert str(raised.value).startswith("hublet_tasks/spam.py and inference/tasks/spam.py have the same name")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module", "hublet_tasks/mood.py: ModuleNotFoundError: No module named"),
        (SOURCE.format(name="other"), "hublet_tasks/mood.py must define TASK = Task(name='mood', ...)"),
        ("TASK = 3", "hublet_tasks/mood.py must define TASK"),
        (
            SOURCE.format(name="mood").replace("text-classification", "text-clasification"),
            "hublet_tasks/mood.py: no engine serves pipeline_tag='text-clasification'; did you mean",
        ),
    ],
)
def test_a_mistake_names_the_file(folder: Path, source: str, said: str) -> None:
    write(folder / tasks.OWN / "mood.py", source)
    with pytest.raises(tasks.BadTask) as raised:
        tasks.get_task("mood")
    assert str(raised.value).startswith(said)


def test_an_entry_point_that_leads_nowhere_names_its_package(folder: Path) -> None:
    install(folder, "mood = acme_tasks.nowhere")
    with pytest.raises(tasks.BadTask, match="the task 'mood' of acme: ModuleNotFoundError"):
        tasks.get_task("mood")


def test_a_task_of_ours_asks_nobody_elses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a task of ours needs no look around")

    monkeypatch.setattr("importlib.util.find_spec", refuse)
    monkeypatch.setattr("importlib.metadata.entry_points", refuse)
    assert tasks.get_task("spam").name == "spam"
