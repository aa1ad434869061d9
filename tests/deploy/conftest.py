"""One account for all tests here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.aws.account import Account, account

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """A bootstrapped account with nothing in it."""
    with account(tmp_path_factory.mktemp("aws")) as made:
        yield made
