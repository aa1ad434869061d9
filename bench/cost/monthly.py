"""``make cost``: what the synthesized stack costs a month, idle and in use, next to alternatives."""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cost.alternatives import aws_sample, sources, total
from bench.cost.batch import BatchUse, batch_table
from bench.cost.bill import MonthlyUse, Prices, lines
from bench.cost.call_length import DEFAULT_SECONDS, FIGURES, seconds_per_call
from bench.cost.prices import MB_PER_GB, read_prices
from bench.cost.stack_template import StackTemplate, architecture, memory_gb
from bench.cost.table import report
from inference.tasks import task_names

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
CDK_OUT = Path("build/cdk.out")
README = ROOT / "README.md"
COSTS = ROOT / "docs/costs.md"
GLANCE = re.compile(r"(<!-- make cost README=1 -->\n)(.*?)(<!-- end of make cost -->)", re.DOTALL)
GLANCED = ("minilm-sentiment", "bart-large", "whisper-tiny")
"""The models whose speed the README shows."""
MARKS = re.compile(r"(<!-- make cost: (.*?) -->\n)(.*?)(<!-- end of make cost -->)", re.DOTALL)


def read_stack_template(folder: Path) -> dict[str, Any]:
    """The template that the last synth wrote, whatever the stack's name."""
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"].values()
    (stack,) = (each for each in artifacts if each["type"] == "aws:cloudformation:stack")
    return dict(json.loads((folder / stack["properties"]["templateFile"]).read_text()))


def replace_table(text: str, template: dict[str, Any], prices: Prices) -> str:
    """The document with a new table between its marks. The first mark holds the options."""

    def fresh(found: re.Match[str]) -> str:
        arguments = _arguments(found[2].split())
        return f"{found[1]}{_report(arguments, template, prices)}{found[4]}"

    return MARKS.sub(fresh, text)


def replace_glance(text: str, template: dict[str, Any], prices: Prices, figures: Path = FIGURES) -> str:
    """The README with the table of speed and price between its marks made anew."""
    cases = json.loads(figures.read_text())["cases"]
    cells: list[tuple[str, ...]] = [("", "AWS sample", "Hublet"), ("---", "---:", "---:")]
    for case in (each for each in cases if each["model"] in GLANCED):
        warm = case["warm_ms"][0]
        cold_s = [statistics.median(pair[side] for pair in case["cold_s"]) for side in ("peer", "ours")]
        model = f"{case['model']}, {case['weights']} weights, {case['precision']}"
        cells.append((f"cold start, {model}", *(f"{seconds:.2f} s" for seconds in cold_s)))
        warm_ms = [f"{warm['p50'][side]:,.0f} ms" for side in ("peer", "ours")]
        cells.append((f"warm call of it, {warm['label']}", *warm_ms))
    use = MonthlyUse("sentiment", 0.1, DEFAULT_SECONDS)
    sample, ours = aws_sample(use, prices), total(lines(template, use, prices))
    cells.append(("a month without calls", f"{sample.idle:.2f} USD", f"{ours.idle:.2f} USD"))
    table = "".join(f"| {' | '.join(row)} |\n" for row in cells)
    return GLANCE.sub(lambda found: found[1] + table + found[3], text)


def _batch_report(arguments: argparse.Namespace, template: dict[str, Any], prices: Prices) -> str:
    function = StackTemplate(template).function(arguments.task)
    use = BatchUse(
        arguments.task,
        arguments.lines,
        round(memory_gb(function) * MB_PER_GB),
        seconds_a_line=arguments.seconds_per_call,
        architecture=architecture(function),
    )
    return batch_table(use, prices)


def _report(arguments: argparse.Namespace, template: dict[str, Any], prices: Prices) -> str:
    if arguments.lines:
        return _batch_report(arguments, template, prices)
    seconds, known = seconds_per_call(arguments.task, arguments.seconds_per_call)
    return report(template, MonthlyUse(arguments.task, arguments.rps, seconds), known, prices)


def _as_json(arguments: argparse.Namespace, template: dict[str, Any], prices: Prices) -> dict[str, Any]:
    """The stack's own bill, in US dollars a month."""
    seconds, known = seconds_per_call(arguments.task, arguments.seconds_per_call)
    use = MonthlyUse(arguments.task, arguments.rps, seconds)
    bill = lines(template, use, prices)
    return {
        "task": use.task,
        "calls_per_s": use.calls_per_s,
        "seconds_per_call": {"value": seconds, "source": known},
        "region": prices["region"],
        "lines": [asdict(each) for each in [*bill, total(bill)]],
    }


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make cost", description=__doc__)
    parser.add_argument("--task", default="sentiment", choices=task_names())
    parser.add_argument("--rps", type=_positive, default=0.1, help="calls a second, over the whole month")
    parser.add_argument("--seconds-per-call", type=_positive, help="warm; measured or assumed by default")
    parser.add_argument("--lines", type=_whole, help="of a file: what it costs once, as a batch")
    parser.add_argument("--cdk-out", type=Path, default=CDK_OUT, help="where the synthesized stack is")
    parser.add_argument("--readme", action="store_true", help="write README.md and docs/costs.md instead")
    parser.add_argument("--json", action="store_true", help="the stack's own bill as JSON")
    parser.add_argument("--sources", action="store_true", help="also name the pages of the prices")
    return parser.parse_args(words)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise argparse.ArgumentTypeError(f"must be above 0 and below a million; not {text}")
    return number


def _whole(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 10**9:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to a billion; not {text}")
    return int(text)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table, or write it to the documents."""
    arguments, prices = _arguments(argv), read_prices()
    template = read_stack_template(arguments.cdk_out)
    if arguments.readme:
        COSTS.write_text(replace_table(COSTS.read_text(), template, prices))
        README.write_text(replace_glance(README.read_text(), template, prices))
        return
    if not StackTemplate(template).has(arguments.task):
        sys.exit(f"hublet: the stack has no function for {arguments.task}; TASK must be one of its tasks")
    if arguments.json:
        print(json.dumps(_as_json(arguments, template, prices), indent=1))
        return
    print(_report(arguments, template, prices), end="")
    if arguments.sources:
        print("".join(f"- {source}\n" for source in sources(prices)), end="")


if __name__ == "__main__":
    main()
