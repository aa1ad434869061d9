"""Batch over a file on real environments: killed and stopped, it gives what an undisturbed run gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.batch_chaos import Chaos, demo_hub, ids_of, prepare, run_to_the_end, write_lines

if TYPE_CHECKING:
    from pathlib import Path

LINES = 240


@pytest.mark.timeout(280)
def test_kills_and_stops_change_no_byte(tmp_path: Path) -> None:
    with demo_hub() as hub:
        bench, lines = prepare(tmp_path, hub.url), tmp_path / "lines.jsonl"
        write_lines(lines, LINES)
        quiet, disturbed = tmp_path / "quiet.jsonl", tmp_path / "chaos.jsonl"
        run_to_the_end(bench, lines, quiet, Chaos())
        chaos = Chaos(seed=7, kill_share=0.3, stops=(9,))
        count = run_to_the_end(bench, lines, disturbed, chaos)
    assert chaos.kills
    assert (count.answered, count.refused) == (LINES, 0)
    assert ids_of(disturbed) == [f"id-{number}" for number in range(1, LINES + 1)]
    assert disturbed.read_bytes() == quiet.read_bytes()
