"""What models need is looked for, installed once, and entered."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from hublet import model_environment
from hublet.failure import Failure
from hublet.model_environment import ENTERED, MODELS, STAMP, UI, Needs, enter, environment_folder
from local.commands import install

if TYPE_CHECKING:
    from pathlib import Path

NEEDS = Needs("run", ("json", "no_such_module"), "1 GB")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As in an installed wheel, with a data folder of its own."""
    monkeypatch.setattr(model_environment, "IS_CHECKOUT", False)
    monkeypatch.setenv("HUBLET_HOME", str(tmp_path))
    monkeypatch.delenv(ENTERED, raising=False)
    return tmp_path


def test_where_everything_is_there_nothing_happens() -> None:
    enter(Needs("run", ("json",), "nothing"))


def test_a_checkout_has_make_for_it() -> None:
    with pytest.raises(Failure, match="no_such_module is not installed here; `make run` installs it"):
        enter(NEEDS)


def test_each_set_of_pins_has_a_folder_of_its_own(installed: Path) -> None:
    folders = {environment_folder(needs) for needs in (MODELS, UI)}
    assert len(folders) == 2
    assert {folder.parent for folder in folders} == {installed}
    assert environment_folder(MODELS) in folders


def test_it_is_installed_once_and_entered_with_the_same_words(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    entered: list[list[str]] = []

    def create(folder: Path, **_: object) -> None:
        (folder / "lib" / "python3.11" / "site-packages").mkdir(parents=True)

    monkeypatch.setattr("venv.create", create)

    def record(name: str, python: str, logs: Path, root: Path) -> int:
        asked.append((name, python))
        return 0

    monkeypatch.setattr(install, "install", record)
    monkeypatch.setattr("os.execve", lambda _, words, __: entered.append(words))
    monkeypatch.setattr("sys.argv", ["hublet", "run", "sentiment"])
    for _ in range(2):
        enter(NEEDS)
    folder = environment_folder(NEEDS)
    assert (folder / STAMP).is_file()
    assert asked == [("run", str(folder / "bin" / "python"))]
    assert entered == [[str(folder / "bin/python"), "-P", "-m", "hublet", "run", "sentiment"]] * 2


def test_an_installation_that_failed_is_not_taken_for_one(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("venv.create", lambda folder, **_: folder.mkdir(parents=True))
    monkeypatch.setattr(install, "install", lambda *_: 1)
    with pytest.raises(Failure, match="pip could not install what models need"):
        enter(NEEDS)
    assert not (environment_folder(NEEDS) / STAMP).exists()


def test_it_is_not_entered_in_a_circle(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENTERED, "1")
    with pytest.raises(Failure, match="no_such_module cannot be imported from") as raised:
        enter(NEEDS)
    assert sys.prefix in str(raised.value)
