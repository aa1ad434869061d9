"""What docs/operations.md says about log lines and metrics is what functions write."""

from __future__ import annotations

import re

import pytest

from inference.runtime.metrics import DIMENSIONS, UNITS
from tests.support.paths import ROOT

DOCUMENT = (ROOT / "docs/operations.md").read_text()
QUERIES = re.findall(r"^```logs-insights\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
LOG, METRICS = (DOCUMENT.split(f"## {title}\n")[1].split("\n## ")[0] for title in ("The log", "Metrics"))
KEYS = {key for row in re.findall(r"^\| (`.*?) \|", LOG, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
COMMANDS = set(re.findall(r"\w+", "as by desc fields filter in ispresent limit max pct sort stats sum count"))


def test_every_metric_has_its_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \|", METRICS, re.MULTILINE)
    found = {name: (unit, tuple(re.findall(r"`(\w+)`", dimensions))) for name, unit, dimensions in rows}
    assert found == {name: (UNITS[name], DIMENSIONS[name]) for name in UNITS}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.splitlines()[0])
def test_queries_name_keys_that_lines_have(query: str) -> None:
    named = {word for word in re.findall(r"[@\w]+", re.sub(r'"\w+"', "", query)) if not word.isdecimal()}
    made = set(re.findall(r"\bas (\w+)", query))
    assert named - made - COMMANDS - {"@timestamp"} <= KEYS
