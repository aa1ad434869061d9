"""The CloudWatch dashboard: one row for each function, and one for the model cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from stacks.monitoring.cache_metrics import make_cache_metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.model_cache import ModelCache
    from stacks.monitoring.task_metrics import TaskMetrics

WIDTH, HEIGHT = 24, 6


class Dashboard(Construct):
    """Off by default: it shows more than the 50 metrics that CloudWatch shows for nothing."""

    def __init__(
        self, scope: Construct, id: str, *, name: str, tasks: Sequence[TaskMetrics], cache: ModelCache
    ) -> None:
        super().__init__(scope, id)
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            widgets=[*(_make_task_row(task) for task in tasks), _make_cache_row(cache)],
        )


def _make_task_row(task: TaskMetrics) -> list[cloudwatch.IWidget]:
    calls = [task.lambda_metric(name) for name in ("Invocations", "Errors", "Throttles")]
    durations = [task.lambda_metric("Duration", each).with_(label=each) for each in ("p50", "p95")]
    timeout = cloudwatch.HorizontalAnnotation(value=task.timeout_s * 1000, label="timeout")
    steps = [task.metric_by_model(f"{step}Seconds", "Maximum") for step in ("Download", "Convert", "Load")]
    return _make_row(
        _make_graph(f"{task.function_name}: calls", [*calls, task.task_metric("Faults")]),
        _make_graph(f"{task.function_name}: duration, ms", durations, [timeout]),
        _make_graph(
            f"{task.function_name}: inference, ms",
            [task.metric_by_model("InferenceMs", statistic) for statistic in ("p50", "p95")],
        ),
        _make_graph(
            f"{task.function_name}: starts",
            [task.metric_by_model("ColdStart", "Sum"), task.metric_by_model("CacheHit", "Sum")],
        ),
        _make_graph(
            f"{task.function_name}: preparing, s", steps, right=[task.task_metric("PreparationFailures")]
        ),
    )


def _make_cache_row(cache: ModelCache) -> list[cloudwatch.IWidget]:
    credits_left = make_cache_metric(cache, "BurstCreditBalance", "Minimum")
    stored = make_cache_metric(cache, "StorageBytes", "Average", "Total")
    reads = [make_cache_metric(cache, f"{way}IOBytes", "Sum") for way in ("DataRead", "DataWrite")]
    return _make_row(
        _make_graph("model cache: burst credits, bytes", [credits_left]),
        _make_graph("model cache: stored, bytes", [stored]),
        _make_graph("model cache: read and written, bytes", reads),
    )


def _make_row(*graphs: cloudwatch.GraphWidget) -> list[cloudwatch.IWidget]:
    """Side by side, over the whole width as far as it divides."""
    for place, graph in enumerate(graphs):
        graph.position(place * (WIDTH // len(graphs)), 0)
    return list(graphs)


def _make_graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    annotations: Sequence[cloudwatch.HorizontalAnnotation] = (),
    right: Sequence[cloudwatch.IMetric] = (),
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        right=list(right),
        left_annotations=list(annotations),
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        width=WIDTH // 5,
        height=HEIGHT,
    )
