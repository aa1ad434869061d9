"""What the rules open, by kernel; tests/integration/test_folder_walls.py sees the rest closed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from inference.jobs import landlock
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_a_kernel_without_landlock_closes_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOSYS or EOPNOTSUPP: the call gives -1, and this very process stays as it is."""
    monkeypatch.setattr(landlock, "_call", lambda *_: -1)
    assert landlock.version() == 0
    assert not landlock.close_folders(writable=())


def test_other_systems_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert landlock.version() == 0


@pytest.mark.parametrize(
    ("known", "lacks"),
    [
        (1, landlock.REFER | landlock.TRUNCATE | landlock.IOCTL_DEVICE),
        (2, landlock.TRUNCATE | landlock.IOCTL_DEVICE),
        (3, landlock.IOCTL_DEVICE),
        (4, landlock.IOCTL_DEVICE),
        (7, 0),
    ],
)
def test_an_older_kernel_is_asked_for_what_it_knows(known: int, lacks: int) -> None:
    assert landlock.handled_rights(known) & lacks == 0
    assert landlock.handled_rights(known) | lacks == (1 << 16) - 1


def test_only_what_is_named_may_be_written(tmp_path: Path) -> None:
    given = list(landlock.rules((tmp_path,), ("/certs/ours.pem",)))
    writable = [path for path, rights in given if rights & landlock.MAKE_AND_REMOVE]
    assert writable == [tmp_path]
    may_change = {str(path) for path, rights in given if rights & landlock.WRITE_FILE}
    assert may_change == {str(tmp_path), *landlock.DEVICES}
    opened = {str(path) for path, rights in given if rights & landlock.READ_FILE}
    assert "/certs/ours.pem" in opened
    assert not opened & {"/", str(ROOT), str(ROOT.parent), os.path.expanduser("~"), "/mnt", "/tmp"}


@pytest.mark.parametrize(("name", "is_open"), [("checkout", False), ("site-packages", True)])
def test_what_lies_beside_our_code_is_read_where_it_is_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, is_open: bool
) -> None:
    """`hublet run` of a wheel imports some packages from the environment that it was installed into."""
    folder = tmp_path / name
    monkeypatch.setattr(landlock, "INFERENCE", folder / "inference")
    monkeypatch.setattr(sys, "path", [str(folder)])
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert (str(folder) in landlock.python_folders()) == is_open
