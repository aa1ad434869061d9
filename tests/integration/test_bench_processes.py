"""What the benchmark measures of other processes, and how it slows their reads."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from bench import process_facts
from bench.speed import slow_reads

if TYPE_CHECKING:
    from pathlib import Path


def test_memory_of_what_was_started_is_seen() -> None:
    code = "import time; held = bytearray(60_000_000); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        try:
            memory = process_facts.DescendantsMemory()
            assert process.stdout
            process.stdout.readline()
            time.sleep(4 * process_facts.SAMPLE_EVERY_S)
            assert process.pid in process_facts.descendants()
            assert memory.stop() > 60
            assert process_facts.peak_memory_mb(process.pid) > 60
        finally:
            process.kill()


def test_reads_are_as_slow_as_asked_for(tmp_path: Path) -> None:
    if not slow_reads.can_limit(tmp_path):
        pytest.skip("takes the right to make block-I/O control groups, and a file system on a disk")
    size, bytes_per_s = 16_000_000, 40_000_000
    (tmp_path / "file").write_bytes(bytes(size))
    code = "import sys, time; t = time.time(); open(sys.argv[1], 'rb').read(); print(time.time() - t)"
    slow_reads.drop_from_page_cache(tmp_path)
    with slow_reads.limit_reads(tmp_path, bytes_per_s):
        command = [sys.executable, "-c", code, str(tmp_path / "file")]
        taken_s = float(subprocess.check_output(command))
    assert taken_s > 0.5 * size / bytes_per_s
    assert not list(slow_reads.BLOCK_CGROUPS.glob("hublet-bench-*"))
