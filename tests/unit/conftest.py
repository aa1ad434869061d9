"""Unit tests use no network and start no process; those that need one are integration tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import urllib3.util.connection  # noqa: F401  (its import tries a socket once, to see if there is IPv6)

from inference.media import audio, images
from tests.support.decoders import InProcess
from tests.support.isolation import Isolation

if TYPE_CHECKING:
    from collections.abc import Generator

ISOLATION = Isolation()
DECODERS = {audio: "inference.media.sound_child", images: "inference.media.picture_child"}
HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def files_are_decoded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in processes of their own; tests/integration/test_media_processes.py has those."""
    for module, child in DECODERS.items():
        monkeypatch.setattr(module, "DECODER", InProcess(child))


@pytest.fixture(scope="session")
def isolation() -> Isolation:
    return ISOLATION


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """From the first fixture to the last: larger scopes are set up in here too.

    pytest calls this hook for the tests of all folders, whichever conftest has it.
    """
    if not item.path.is_relative_to(HERE):
        return (yield)
    with ISOLATION.open():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None, object, object]:
    """After a process's last test, what tests of other folders made for the session is taken down."""
    if nextitem is not None:
        return (yield)
    with ISOLATION.paused():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    yield
    ISOLATION.check()
