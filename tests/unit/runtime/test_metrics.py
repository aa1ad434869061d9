"""Log lines that declare metrics keep the rules of CloudWatch's embedded metric format."""

from __future__ import annotations

import re

import pytest

from inference.runtime.metrics import DIMENSIONS, UNITS, embedded, finite
from inference.tasks import all_tasks
from tests.support.metric_format import check, check_text
from tests.support.paths import ROOT

FACTS = {"task": "sentiment", "model": "owner/name", "error": "InternalError"}


def test_a_line_with_every_metric_keeps_the_format() -> None:
    line = FACTS | dict.fromkeys(UNITS, 1)
    assert check(line | embedded("Hublet", line)) == dict.fromkeys(UNITS, 1)


@pytest.mark.parametrize("name", UNITS)
def test_only_what_was_measured_is_a_metric(name: str) -> None:
    line = FACTS | {name: 2.5}
    metadata = embedded("Mine", line)["_aws"]
    assert metadata["CloudWatchMetrics"] == [
        {
            "Namespace": "Mine",
            "Dimensions": [list(DIMENSIONS[name])],
            "Metrics": [{"Name": name, "Unit": UNITS[name]}],
        }
    ]


def test_a_start_that_was_not_cold_is_no_metric_and_a_miss_is_one() -> None:
    assert embedded("Hublet", FACTS | {"ColdStart": 0}) == {}
    line = FACTS | {"CacheHit": 0}
    assert check(line | embedded("Hublet", line)) == {"CacheHit": 0}


def test_every_models_name_can_be_a_dimension() -> None:
    for task in all_tasks():
        for model in (task.model, *task.alternatives):
            check_text(model.id, 1024)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_figure_that_is_no_number_costs_no_other_metric(value: float) -> None:
    line = finite(FACTS | {"InferenceMs": value, "Tokens": 3})
    assert check(line | embedded("Hublet", line)) == {"Tokens": 3}


def test_metrics_have_no_second_way() -> None:
    """Two ``Metrics`` of powertools share what they hold, so lines are made here and nowhere else."""
    sources = (ROOT / "inference").rglob("*.py")
    assert not [path for path in sources if re.search(r"import .*\bMetrics\b", path.read_text())]
