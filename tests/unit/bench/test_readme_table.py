"""The table in docs/bench/README.md is what the benchmark measured, and the picture beside it is there."""

from __future__ import annotations

import json
import re

import pytest

from bench.speed.readme_table import replace_table, table
from tests.support.bench_case import CASE
from tests.support.paths import ROOT

README = (ROOT / "docs/bench/README.md").read_text()
MACHINE = {"cores": 2, "cpu": "a CPU", "measured": "2026-11-26", "vnni": True}


def test_a_cell_is_the_peers_figure_ours_and_how_many_times_less() -> None:
    (line,) = [each for each in table({"machine": MACHINE, "cases": [CASE]}).splitlines() if "distil" in each]
    assert "| 5.00 → 0.50 (10.0×) |" in line
    assert "| 200 → 50 (4.0×) |" in line


def test_the_benchmarks_readme_shows_what_was_measured() -> None:
    document = json.loads((ROOT / "docs/bench/bench.json").read_text())
    assert replace_table(README, document) == README
    assert (ROOT / "docs/bench/plots/warm.svg").exists()


def test_a_document_without_marks_is_not_touched() -> None:
    with pytest.raises(ValueError, match="no marks"):
        replace_table("# Another", {"machine": MACHINE, "cases": [CASE]})


def test_the_workshop_says_first_what_the_stack_costs_idle() -> None:
    costs = (ROOT / "docs/costs.md").read_text()
    (idle,) = re.findall(r"^\| in all +\| +([\d.]+) \|", costs, re.MULTILINE)
    (images,) = re.findall(r"^\| ECR, both images +\| +([\d.]+) \|", costs, re.MULTILINE)
    first = " ".join((ROOT / "docs/workshop.md").read_text().split("\n## ")[0].split())
    assert f"costs {idle} US dollars in its first month while nobody calls" in first
    assert f"for {images} dollars a month" in first


def test_the_cents_of_the_first_screen_are_those_of_the_bill() -> None:
    bill = (ROOT / "docs" / "costs.md").read_text()
    (first_month,) = re.findall(r"^\| in all +\| +([\d.]+) \|", bill, re.MULTILINE)
    (later,) = re.findall(r"a month in which nothing is made costs ([\d.]+)\.$", bill, re.MULTILINE)
    said = re.findall(r"(\d+)\s+cents", (ROOT / "README.md").read_text())
    assert [int(cents) for cents in said] == [round(100 * float(usd)) for usd in (later, first_month, later)]
