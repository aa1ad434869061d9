"""``make experiment``: one of the workshop's experiments; prints a table and draws a picture."""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from pathlib import Path

NAMES = ("sizes", "fitting", "distillation")
BUILD = Path("build/experiments")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make experiment", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--folder", type=Path, default=BUILD, help="where the picture goes")
    parser.add_argument("--tiny", action="store_true", help="a quick test run; its figures mean nothing")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    started_s = time.monotonic()
    print(import_module(f"bench.experiments.{asked.name}").run(asked.folder, asked.tiny))
    seconds = time.monotonic() - started_s
    print(f"\n{seconds:.0f} s; the picture is {asked.folder / asked.name}.svg")


if __name__ == "__main__":
    main()
