"""Lists and figures in documents that the template decides."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bench import bill
from bench.cost import read_prices
from bench.monthly import in_document
from inference.tasks import all_tasks
from tests.conftest import ROOT
from tests.infrastructure.synth import MODES

if TYPE_CHECKING:
    from tests.infrastructure.conftest import Synth
    from tests.infrastructure.synth import Synthesized

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
README = (ROOT / "README.md").read_text()
MOST_SHARED = 60


def listed(title: str) -> Counter[str]:
    """How many of each resource a section's table promises; every row says why."""
    section = ARCHITECTURE.split(f"### {title}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| `(AWS::[\w:]+)` \| (\d+) \| (.{10,}) \|$", section, re.MULTILINE)
    assert len(rows) == section.count("\n| `")
    found: Counter[str] = Counter()
    for kind, count, _ in rows:
        found[kind] += int(count)
    return found


def test_the_list_of_resources_is_the_templates(default_stack: Synthesized) -> None:
    shared, each = listed("What all functions share"), listed("What each function has")
    expected = shared + Counter({kind: count * len(all_tasks()) for kind, count in each.items()})
    assert Counter(resource["Type"] for resource in default_stack.template["Resources"].values()) == expected
    assert f"number of tasks: {shared.total()} resources" in ARCHITECTURE
    assert f"\n{each.total()} resources for each task" in ARCHITECTURE
    assert shared.total() <= MOST_SHARED


def test_the_readmes_cost_table_is_what_make_cost_prints(default_stack: Synthesized) -> None:
    # `make cost README=1` writes it.
    assert in_document(README, default_stack.template, read_prices()) == README


USE = bill.Use("sentiment", 0.1, 0.1)


def idle(stack: Synthesized) -> dict[str, float]:
    return {line.what: line.idle for line in bill.lines(stack.template, USE, read_prices())}


@pytest.mark.parametrize(
    ("context", "figure"),
    [
        ({"alarm_email": "a@b.example"}, "8.60 USD a month for all functions"),
        ({"dashboard": "true"}, "3 USD a month |"),
        ({"sentiment.provisioned_concurrency": "1"}, "18.92 USD a month for each with 1,769 MB"),
    ],
)
def test_an_option_costs_what_the_readme_says(
    synth: Synth, default_stack: Synthesized, context: dict[str, str], figure: str
) -> None:
    more = sum(idle(synth(**MODES["nat-iam"], **context)).values()) - sum(idle(default_stack).values())
    assert figure in README
    assert more == pytest.approx(float(figure.split()[0]), abs=0.005)


@pytest.mark.parametrize("mode", ["ipv6-iam", "none-iam"])
def test_only_a_nat_gateway_costs_when_idle(synth: Synth, default_stack: Synthesized, mode: str) -> None:
    without, with_gateway = idle(synth(**MODES[mode])), idle(default_stack)
    assert not any(what.startswith(bill.WAY_OUT) for what in without)
    assert sum(with_gateway.values()) - sum(without.values()) == pytest.approx(36.50)
