"""The guard of the unit tests leaves alone what belongs to other tests."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import ROOT

UNIT = "tests/unit/test_isolation.py"


def test_a_unit_test_that_comes_last_is_not_blamed_for_what_a_session_takes_down() -> None:
    options = ("--quiet", "--capture=no", "-p", "tests.support.session_process", "-p", "no:cacheprovider")
    command = [sys.executable, "-m", "pytest", *options, UNIT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "taken down" in done.stderr
