"""Lists and figures in documents that the template decides."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bench.cost import bill
from bench.cost.monthly import replace_glance, replace_table
from bench.cost.prices import read_prices
from bench.cost.relay import Preparation, relay_usd
from bench.cost.stack_template import StackTemplate
from inference.tasks import all_tasks
from tests.support.paths import ROOT
from tests.support.synthesized import MODES

if TYPE_CHECKING:
    from tests.support.synthesized import Synth, Synthesized

ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()
README = (ROOT / "README.md").read_text()
COSTS = (ROOT / "docs/costs.md").read_text()
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
MOST_SHARED = 60


def listed(title: str) -> Counter[str]:
    """How many of each resource a section's table promises; every row says why."""
    section = ARCHITECTURE.split(f"### {title}\n")[1].split("\n#")[0]
    rows = re.findall(r"^\| `((?:AWS|Custom)::[\w:]+)` \| (\d+) \| (.{10,}) \|$", section, re.MULTILINE)
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


# `make cost README=1` writes both.
def test_the_cost_table_is_what_make_cost_prints(default_stack: Synthesized) -> None:
    assert "<!-- make cost: --task" in COSTS
    assert replace_table(COSTS, default_stack.template, read_prices()) == COSTS


def test_the_readmes_speed_and_price_are_what_was_measured_and_computed(default_stack: Synthesized) -> None:
    assert "| a month without calls |" in README
    assert replace_glance(README, default_stack.template, read_prices()) == README


USE = bill.MonthlyUse("sentiment", 0.1, 0.1)


def idle(stack: Synthesized) -> dict[str, float]:
    return {line.what: line.idle for line in bill.lines(stack.template, USE, read_prices())}


@pytest.mark.parametrize(
    ("context", "figure"),
    [
        ({"alarm_email": "a@b.example"}, "9.80 USD a month for all functions."),
        ({"dashboard": "true"}, "3 USD a month. |"),
        ({"sentiment.provisioned_concurrency": "1"}, "18.92 USD a month for each with 1,769 MB."),
    ],
)
def test_an_option_costs_what_its_row_says(
    synth: Synth, default_stack: Synthesized, context: dict[str, str], figure: str
) -> None:
    more = sum(idle(synth(**MODES["relay-iam"], **context)).values()) - sum(idle(default_stack).values())
    assert figure in CONFIGURATION
    assert more == pytest.approx(float(figure.split()[0]), abs=0.005)


def test_with_all_models_on_the_cache_it_is_nearly_free_when_idle(default_stack: Synthesized) -> None:
    lines = idle(default_stack)
    assert not any(what.startswith(bill.NETWORK) for what in lines)
    template = StackTemplate(default_stack.template)
    making = sum(relay_usd(template, Preparation.of(template), read_prices()).values())
    # Stable Diffusion is almost half of what is stored, in fp16.
    assert sum(lines.values()) - making <= 0.155
    assert sum(lines.values()) <= 0.435


@pytest.mark.parametrize("days", [7, 30])
def test_what_a_later_rest_costs_is_what_the_document_says(default_stack: Synthesized, days: int) -> None:
    later = json.dumps(default_stack.template).replace('"AFTER_1_DAY"', f'"AFTER_{days}_DAYS"')
    usd = sum(line.idle for line in bill.lines(json.loads(later), USE, read_prices()))
    assert f"{usd:.2f}" in re.split(r"`infrequent_after_days=7`", COSTS)[1].split("\n-")[0]


def test_what_the_stack_costs_without_pictures_is_what_the_document_says(default_stack: Synthesized) -> None:
    resources = default_stack.template["Resources"].items()
    rest = {id: each for id, each in resources if '"TASK": "image"' not in json.dumps(each)}
    assert len(rest) == len(resources) - 1
    usd = sum(line.idle for line in bill.lines({"Resources": rest}, USE, read_prices()))
    assert f"without it is {usd:.2f} USD instead of {sum(idle(default_stack).values()):.2f}." in COSTS


def test_only_a_nat_gateway_costs_when_idle(synth: Synth) -> None:
    without, with_gateway = idle(synth(**MODES["none-iam"])), idle(synth(**MODES["nat-iam"]))
    assert not any(what.startswith(bill.NETWORK) for what in without)
    assert sum(with_gateway.values()) - sum(without.values()) == pytest.approx(36.50)
