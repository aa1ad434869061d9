"""``make bench``: cold start, warm latency, memory, bytes and cost, against the peer and the floor."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.cost import read_prices
from bench.measure import Unavailable, measure
from bench.plots import draw_all
from bench.readme_table import in_document
from bench.report import markdown
from bench.rows import ROWS

BUILD = Path("build")
DOCUMENTS = Path("docs/bench")
README = Path("README.md")
PAIRS = 5


def main() -> None:
    arguments = _parser().parse_args()
    names = arguments.models.split(",") if arguments.models else [row.name for row in ROWS]
    if unknown := set(names) - {row.name for row in ROWS}:
        sys.exit(f"no such row: {', '.join(sorted(unknown))}; known: {', '.join(row.name for row in ROWS)}")
    document = {"machine": machine(), "prices": read_prices(), "rows": _known(machine())}
    for row in ROWS:
        if row.name in names:
            try:
                add(document, asyncio.run(measure(row, BUILD / "bench", arguments.pairs)))
            except Unavailable as problem:
                print(problem, file=sys.stderr)
                continue
            write(document, BUILD)
    if arguments.documents:
        write(document, DOCUMENTS)
        README.write_text(in_document(README.read_text(), document))
    print(markdown(document))


def add(document: dict[str, Any], measured: dict[str, Any]) -> None:
    """Put a row in its place, instead of an older one of the same model."""
    order = [row.name for row in ROWS]
    rows = [row for row in document["rows"] if row["model"] != measured["model"]]
    document["rows"] = sorted([*rows, measured], key=lambda row: order.index(row["model"]))


def write(document: dict[str, Any], folder: Path) -> None:
    """Figures, tables and pictures; after every row, so that a run that is cut short leaves what it found."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / "bench.md").write_text(markdown(document))
    draw_all(document["rows"], folder / "plots")


def machine() -> dict[str, Any]:
    """What the figures are measured on."""
    path = Path("/proc/cpuinfo")
    cpu = path.read_text() if path.exists() else ""
    names = [line.split(":")[1].strip() for line in cpu.splitlines() if line.startswith("model name")]
    return {
        "cores": os.cpu_count(),
        "cpu": names[0] if names else "unknown",
        "vnni": "vnni" in cpu,
        "measured": time.strftime("%Y-%m-%d"),
    }


def _known(here: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an earlier run on this machine on this day, so that rows can be run by themselves."""
    try:
        document = json.loads((BUILD / "bench.json").read_text())
    except (OSError, ValueError):
        return []
    if document.get("machine") != here:
        return []
    known = {row.name for row in ROWS}
    return [row for row in document["rows"] if row["model"] in known]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("--models", help="rows, with commas between; all by default")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how often sides take turns")
    parser.add_argument(
        "--documents", action="store_true", help=f"also write {DOCUMENTS}, and the table of {README}"
    )
    return parser


if __name__ == "__main__":
    main()
