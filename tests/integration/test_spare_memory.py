"""What the C library keeps of a large request goes back to the system, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inference.runtime.spare_memory import resident_bytes
from tests.support.paths import ROOT

MEGABYTE = 1_000_000
KEPT_BY_GLIBC = """
import sys
from inference.runtime.spare_memory import SpareMemory, resident_bytes
spare = SpareMemory()
spare.give_back()
before = resident_bytes()
pieces = [bytes([1]) * 100_000 for _ in range(2_000)]
last = pieces[-1]  # what lies behind the freed pieces keeps glibc from lowering the end of the heap
del pieces
kept = resident_bytes()
spare.give_back()
print(before, kept, resident_bytes())
"""


@pytest.mark.skipif(not resident_bytes(), reason="the system does not tell")
def test_what_glibc_keeps_goes_back_to_the_system() -> None:
    command = [sys.executable, "-c", KEPT_BY_GLIBC]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    before, kept, after = map(int, done.stdout.split())
    assert kept - before > 150 * MEGABYTE, "there is something to give back"
    assert after - before < 10 * MEGABYTE
