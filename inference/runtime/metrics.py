"""CloudWatch metrics of a request, declared inside its own log line (the embedded metric format).

In the same line, because a second one costs a second write and a second serialization on every call; what the
format must be: AmazonCloudWatch user guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {
    "ColdStart": "Count",
    "CacheHit": "Count",
    "DownloadSeconds": "Seconds",
    "ConvertSeconds": "Seconds",
    "LoadSeconds": "Seconds",
    "InferenceMs": "Milliseconds",
    "Tokens": "Count",
    "Errors": "Count",
    "Faults": "Count",
    "PreparationFailures": "Count",
}

# What each metric is told apart by. Alarms must name every dimension, and know no more than the task.
BY_MODEL = ("task", "model")
BY_ERROR = ("task", "model", "error")
BY_TASK = ("task",)
DIMENSIONS = {
    **dict.fromkeys(UNITS, BY_MODEL),
    "Errors": BY_ERROR,
    "Faults": BY_TASK,
    "PreparationFailures": BY_TASK,
}


def finite(line: Mapping[str, Any]) -> dict[str, Any]:
    """The members that JSON can say. One NaN would make the line none, and all its metrics would be lost."""
    return {name: value for name, value in line.items() if not _is_endless(value)}


def _is_endless(value: Any) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def embedded(namespace: str, line: Mapping[str, Any]) -> dict[str, Any]:
    """The ``_aws`` member for a log line: which of its other members are metrics.

    A cold start that was none is a fact for the log and no metric: a metric is paid for in every hour in
    which it is sent.
    """
    chosen: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for name, unit in UNITS.items():
        if name in line and (name != "ColdStart" or line[name]):
            chosen.setdefault(DIMENSIONS[name], []).append({"Name": name, "Unit": unit})
    if not chosen:
        return {}
    directives = [
        {"Namespace": namespace, "Dimensions": [list(dimensions)], "Metrics": metrics}
        for dimensions, metrics in chosen.items()
    ]
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}}
