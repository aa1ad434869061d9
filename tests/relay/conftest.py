"""A bucket on this machine: moto's S3 behind boto3, as a function reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inference.relay.bucket import Bucket
from tests.support.relay.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    with Written() as running:
        for name, value in running.variables.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def bucket(server: Written) -> Bucket:
    return Bucket(server.name)
