"""A slice of ``make chaos``: whatever happens between the functions, nothing is lost or served wrong."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.support.relay import chaos

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.timeout(600)
def test_chaos(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three rounds of a seed that is drawn anew."""
    seed = random.SystemRandom().randrange(10**6)
    with capsys.disabled():
        print(f"\nrelay chaos: seed {seed}")
    happened = chaos.run(tmp_path, seed, first=0, rounds=3)
    assert happened["answered"] >= 3
