"""CloudWatch's embedded metric format: every rule that a log line could break."""

from __future__ import annotations

import json
import time
from typing import Any

# AmazonCloudWatch user guide, "Specification: Embedded metric format", and API reference, "MetricDatum".
ALLOWED_UNITS = {
    *("Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"),
    *("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "None"),
    *("Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second"),
    *("Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second"),
}


def check(line: dict[str, Any]) -> dict[str, float]:
    """Metric values by name, after every rule of the format that a line could break."""
    assert len(json.dumps(line)) < 1_000_000
    metadata = line["_aws"]
    assert set(metadata) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(metadata["Timestamp"], int)
    assert abs(metadata["Timestamp"] / 1000 - time.time()) < 3600
    found = {}
    for directive in metadata["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        check_text(directive["Namespace"], 255)
        assert not directive["Namespace"].startswith("AWS/")
        assert directive["Dimensions"]
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) == len(set(dimensions)) <= 30
            for name in dimensions:
                check_text(name, 250)
                check_text(line[name], 1024)
        assert 1 <= len(directive["Metrics"]) <= 100
        for metric in directive["Metrics"]:
            assert set(metric) == {"Name", "Unit"}
            check_text(metric["Name"], 255)
            assert metric["Unit"] in ALLOWED_UNITS
            assert metric["Name"] not in found
            value = line[metric["Name"]]
            assert type(value) in (int, float)
            assert abs(value) < 2**360
            found[metric["Name"]] = value
    return found


def check_text(text: Any, most: int) -> None:
    assert isinstance(text, str)
    assert 1 <= len(text) <= most
    assert text.isascii() and text.isprintable() and text.strip() and not text.startswith(":")
