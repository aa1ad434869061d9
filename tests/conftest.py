"""Shared by all kinds of tests: which tests run in the same process, and what takes long to make."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.context import FakeContext
from tests.support.paths import ROOT
from tests.support.served import FIRST_TIME_S, serve, synth
from tests.support.slices import IS_ALL, left_out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.served import Served

# On a busy machine drawing inputs takes long too, which says nothing about them.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

SAME_WORKER = ("browser", "cache", "container", "deploy", "infrastructure")
"""Folders whose tests share what takes long to make (page, image, account), or the whole machine."""
SHARED = {"cache", "served"}
"""Fixtures that take long to make: every model prepared, and the local cloud that serves them."""


def pytest_configure() -> None:
    """Give each process of ``make test`` a core for itself and all that it starts.

    Libraries start a thread for each core that they may use. Two such processes on two cores then wait for
    each other at every barrier: torch on short texts took 23 s in place of 10 beside two busy processes.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker or not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    workers = int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    if 1 < workers <= len(cores):
        os.sched_setaffinity(0, cores[int(worker.removeprefix("gw")) :: workers])


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that share what takes long go to one process, those of a file otherwise; see ``make test``."""
    left = [] if IS_ALL or config.option.file_or_dir else left_out(items)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    for item in items:
        file = item.path.relative_to(ROOT / "tests")
        if SHARED.intersection(getattr(item, "fixturenames", ())):
            group = "served"
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(FIRST_TIME_S))
        else:
            group = file.parts[0] if file.parts[0] in SAME_WORKER else file.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default template, synthesized as a user does it."""
    return synth(ROOT, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def direct_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With functions that download and convert by themselves."""
    return synth(ROOT, tmp_path_factory.mktemp("direct"), "-c", "egress=nat")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model cache for the whole session, empty at first."""
    folder = tmp_path_factory.mktemp("cache")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def served(template: Path, cache: Path) -> Iterator[Served]:
    """The local cloud on the embedded Hub, shared by all tests that leave it as it was."""
    with serve("--template", str(template), "--cache", str(cache)) as running:
        yield running
