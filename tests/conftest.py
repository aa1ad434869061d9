"""Shared by all kinds of tests: where the project is, a Lambda context, and what runs beside what."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.conftest import Served

ROOT = Path(__file__).parents[1]
TOGETHER = ("browser", "cache", "container", "deploy", "infrastructure")
"""Folders whose tests share what takes long to make (page, image, account), or the whole machine."""
SHARED = {"cache", "served"}
"""Fixtures that take long to make: every model prepared, and the local cloud that serves them."""
FIRST_TIME_S = 900
"""For tests with those: whichever runs first waits for the largest model's preparation, on any machine."""


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share what takes long go to one process, those of a file otherwise; see ``make test``."""
    for item in items:
        folder, *_, file = item.path.relative_to(ROOT / "tests").parts
        if SHARED.intersection(getattr(item, "fixturenames", ())):
            group = "served"
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(FIRST_TIME_S))
        else:
            group = folder if folder in TOGETHER else file
        item.add_marker(pytest.mark.xdist_group(group))


@dataclass
class FakeContext:
    """Lambda's context object: a request id and a clock that runs down."""

    timeout_s: float = 60.0
    aws_request_id: str = "request-1"
    started_s: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return int((self.timeout_s - (time.monotonic() - self.started_s)) * 1000)


@pytest.fixture
def context() -> FakeContext:
    return FakeContext()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default template, synthesized as a user does it."""
    from tests.integration.conftest import synth

    return synth(ROOT, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model cache for the whole session, empty at first."""
    folder = tmp_path_factory.mktemp("cache")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def served(template: Path, cache: Path) -> Iterator[Served]:
    """The local cloud on the embedded Hub, shared by all tests that leave it as it was."""
    from tests.integration.conftest import serve

    with serve("--template", str(template), "--cache", str(cache)) as running:
        yield running
