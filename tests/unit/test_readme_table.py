"""The README's table of figures is what the benchmark measured, and the picture beside it is there."""

from __future__ import annotations

import json

import pytest

from bench.readme_table import in_document, table
from tests.conftest import ROOT
from tests.unit.test_bench import ROW

README = (ROOT / "README.md").read_text()
MACHINE = {"cores": 2, "cpu": "a CPU", "measured": "2026-11-26", "vnni": True}


def test_a_cell_is_the_peers_figure_ours_and_how_many_times_less() -> None:
    (line,) = [each for each in table({"machine": MACHINE, "rows": [ROW]}).splitlines() if "distil" in each]
    assert "| 5.00 → 0.50 (10.0×) |" in line
    assert "| 200 → 50 (4.0×) |" in line


def test_the_readme_shows_what_was_measured() -> None:
    document = json.loads((ROOT / "docs/bench/bench.json").read_text())
    assert in_document(README, document) == README
    assert (ROOT / "docs/bench/plots/warm.svg").exists()


def test_a_document_without_marks_is_not_touched() -> None:
    with pytest.raises(ValueError, match="no marks"):
        in_document("# Another", {"machine": MACHINE, "rows": [ROW]})
