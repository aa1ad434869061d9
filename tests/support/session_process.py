"""A pytest plugin: what lasts for the session starts a process when it is taken down."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def lasting() -> Iterator[None]:
    yield
    done = subprocess.run([sys.executable, "-c", "print('taken down')"], capture_output=True, check=True)
    sys.stderr.write(done.stdout.decode())
