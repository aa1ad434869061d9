"""``make bench``: cold start, warm latency, memory, bytes and cost, next to the peer and the baseline."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.cost.prices import read_prices
from bench.speed.cases import CASES
from bench.speed.measure import Unavailable, measure
from bench.speed.plots import draw_all
from bench.speed.readme_table import replace_table
from bench.speed.report import markdown

BUILD = Path("build")
DOCUMENTS = Path("docs/bench")
README = DOCUMENTS / "README.md"
PAIRS = 5


def main() -> None:
    arguments = _parser().parse_args()
    names = arguments.models.split(",") if arguments.models else [case.name for case in CASES]
    if unknown := set(names) - {case.name for case in CASES}:
        known = ", ".join(case.name for case in CASES)
        sys.exit(f"no such model: {', '.join(sorted(unknown))}; known: {known}")
    machine = describe_machine()
    document = {"machine": machine, "prices": read_prices(), "cases": _read_earlier_cases(machine)}
    for case in CASES:
        if case.name in names:
            try:
                add_case(document, asyncio.run(measure(case, BUILD / "bench", arguments.pairs)))
            except Unavailable as problem:
                print(problem, file=sys.stderr)
                continue
            write_report(document, BUILD)
    if arguments.documents:
        write_report(document, DOCUMENTS)
        README.write_text(replace_table(README.read_text(), document))
    print(markdown(document))


def add_case(document: dict[str, Any], measured: dict[str, Any]) -> None:
    """Insert the figures of a case in the order of ``CASES``; older figures of its model are replaced."""
    order = [case.name for case in CASES]
    cases = [case for case in document["cases"] if case["model"] != measured["model"]]
    document["cases"] = sorted([*cases, measured], key=lambda case: order.index(case["model"]))


def write_report(document: dict[str, Any], folder: Path) -> None:
    """Write figures, tables and plots. Called after each case: an interrupted run keeps its results."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / "bench.md").write_text(markdown(document))
    draw_all(document["cases"], folder / "plots")


def describe_machine() -> dict[str, Any]:
    """The machine and the day of the measurement."""
    path = Path("/proc/cpuinfo")
    cpu = path.read_text() if path.exists() else ""
    names = [line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("model name")]
    return {
        "cores": os.cpu_count(),
        "cpu": names[0] if names else "unknown",
        "vnni": "vnni" in cpu,
        "measured": time.strftime("%Y-%m-%d"),
    }


def _read_earlier_cases(here: dict[str, Any]) -> list[dict[str, Any]]:
    """Cases measured earlier today on this machine, so that single cases can be run again."""
    try:
        document = json.loads((BUILD / "bench.json").read_text())
    except (OSError, ValueError):
        return []
    if document.get("machine") != here:
        return []
    known = {case.name for case in CASES}
    return [case for case in document["cases"] if case["model"] in known]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.speed.compare", description=__doc__)
    parser.add_argument("--models", help="models separated by commas; all by default")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how often the contenders take turns")
    parser.add_argument(
        "--documents", action="store_true", help=f"also write {DOCUMENTS}, and the table of {README}"
    )
    return parser


if __name__ == "__main__":
    main()
