"""The figure is this process's own, and stays when the memory is given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

HELD_MB = 120
SAID = "from inference.runtime.peak_memory import peak_memory_mb; print(peak_memory_mb())"
HOLD = f"held = b'x' * {HELD_MB * 1024 * 1024}"


def said(code: str) -> float:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_memory_that_was_given_back_counts() -> None:
    plain_mb = said(SAID)
    assert HELD_MB * 0.9 < said(f"{HOLD}; del held; {SAID}") - plain_mb < HELD_MB * 1.1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere getrusage is all there is")
def test_what_started_the_process_does_not_count() -> None:
    """``getrusage`` would begin with it."""
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SAID!r}], check=True)"
    assert said(f"{HOLD}; {child}") < HELD_MB


def test_where_there_is_no_such_file_the_system_is_asked() -> None:
    asked = SAID.replace("peak_memory_mb())", "peak_memory_mb('/nowhere'))")
    assert HELD_MB < said(f"{HOLD}; {asked}") < HELD_MB * 100
