"""Which process runs a test: the plugin that decides it has been without effect, silently."""

from __future__ import annotations

import subprocess
import sys

from tests.support.paths import ROOT


def test_tests_of_a_file_go_to_one_process() -> None:
    command = [sys.executable, "-m", "pytest", "--verbose", "--numprocesses", "1", "--dist", "loadgroup"]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider", "tests/unit/http/test_api_keys.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    passed = [line for line in run.stdout.splitlines() if " PASSED " in line]
    assert passed
    assert all(line.rstrip().endswith("@unit/http/test_api_keys.py") for line in passed)
