"""Log lines that declare metrics keep the rules of CloudWatch's embedded metric format."""

from __future__ import annotations

import pytest

from inference.runtime.metrics import DIMENSIONS, UNITS, embedded
from inference.tasks import all_tasks
from tests.support.metric_format import check, check_text

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
