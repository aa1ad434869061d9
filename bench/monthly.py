"""``make cost``: what the synthesized stack costs a month, idle and in use, and what others would."""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.alternatives import sources
from bench.bill import Prices, Use
from bench.cost import read_prices
from bench.cost_table import report
from bench.deployed import Deployed
from inference.tasks import get_task, task_names

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs/bench/bench.json"
CDK_OUT = Path("build/cdk.out")
README = ROOT / "README.md"
MARKS = re.compile(r"(<!-- make cost: (.*?) -->\n)(.*?)(<!-- end of make cost -->)", re.DOTALL)

DEFAULT_SECONDS = 0.1
"""Of a call where nothing was measured and nothing is said."""
SLOW_SECONDS = {
    "automatic-speech-recognition": 1.0,
    "summarization": 3.0,
    "text-generation": 3.0,
    "text-to-image": 120.0,
}
"""Of tasks that take far longer by their nature; rough, until ``make bench`` has measured them."""


def seconds_per_call(task: str, given: float | None, figures: Path = FIGURES) -> tuple[float, str]:
    """How long a warm call takes, and how that is known."""
    if given is not None:
        return given, "as given"
    if figures.exists():
        rows = [row for row in json.loads(figures.read_text())["rows"] if row["task"] == task]
        if measured := [each["p50"]["ours"] for row in rows for each in row["warm_ms"]]:
            return statistics.median(measured) / 1000, "measured, docs/bench"
    seconds = SLOW_SECONDS.get(get_task(task).pipeline_tag, DEFAULT_SECONDS)
    return seconds, "assumed: give SECONDS_PER_CALL, or run make bench"


def stack_template(folder: Path) -> dict[str, Any]:
    """The one that the last synth wrote, whatever the stack's name."""
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"].values()
    (stack,) = (each for each in artifacts if each["type"] == "aws:cloudformation:stack")
    return dict(json.loads((folder / stack["properties"]["templateFile"]).read_text()))


def in_document(text: str, template: dict[str, Any], prices: Prices) -> str:
    """A document with the table between its marks made anew; the first mark says with which options."""

    def fresh(found: re.Match[str]) -> str:
        asked = _arguments(found[2].split())
        return f"{found[1]}{_of(asked, template, prices)}{found[4]}"

    return MARKS.sub(fresh, text)


def _of(asked: argparse.Namespace, template: dict[str, Any], prices: Prices) -> str:
    seconds, known = seconds_per_call(asked.task, asked.seconds_per_call)
    return report(template, Use(asked.task, asked.rps, seconds), known, prices)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make cost", description=__doc__)
    parser.add_argument("--task", default="sentiment", choices=task_names())
    parser.add_argument("--rps", type=_positive, default=0.1, help="calls a second, over the whole month")
    parser.add_argument("--seconds-per-call", type=_positive, help="warm; measured or assumed by default")
    parser.add_argument("--cdk-out", type=Path, default=CDK_OUT, help="where the synthesized stack is")
    parser.add_argument("--readme", action="store_true", help="write README.md's table instead")
    parser.add_argument("--sources", action="store_true", help="also name the pages of the prices")
    return parser.parse_args(words)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"must be above 0 and below a million; not {text}")
    return number


def main() -> None:
    """What the Makefile runs after a synth."""
    asked, prices = _arguments(None), read_prices()
    template = stack_template(asked.cdk_out)
    if asked.readme:
        README.write_text(in_document(README.read_text(), template, prices))
        return
    if not Deployed(template).has(asked.task):
        sys.exit(f"hublet: the stack has no function for {asked.task}; TASK must be one of its tasks")
    print(_of(asked, template, prices), end="")
    if asked.sources:
        print("".join(f"- {source}\n" for source in sources(prices)), end="")


if __name__ == "__main__":
    main()
