"""Alarms that write to one address; what to do about each stands in docs/operations.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from constructs import Construct

from stacks.monitoring.alarm_topic import AlarmTopic
from stacks.monitoring.cache_metrics import LOW_CREDITS_BYTES, make_cache_metric
from stacks.monitoring.task_metrics import make_lambda_metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.model_cache import ModelCache
    from stacks.monitoring.task_metrics import TaskMetrics

SLOW = 0.8
"""Of the timeout: where calls come this near, the next longer one is cut off."""

ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


class Alarms(Construct):
    """Four for each function, and one for the cache where EFS has credits to run out of.

    ``makers`` are functions that nobody calls and that all models come through, with a relay.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        email: str,
        tasks: Sequence[TaskMetrics],
        cache: ModelCache,
        makers: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self._action = actions.SnsAction(AlarmTopic(self, "Topic", email=email).topic)
        for task in tasks:
            self._add_task_alarms(task)
        for name in makers:
            self._add_alarm(f"{name}-errors", make_lambda_metric(name, "Errors"), 1, "Models do not arrive.")
        if cache.is_bursting:
            self._add_cache_alarm(cache)

    def _add_task_alarms(self, task: TaskMetrics) -> None:
        name = task.function_name
        self._add_alarm(f"{name}-errors", task.failures(), 1, "Calls failed, or were answered with a 5xx.")
        self._add_alarm(f"{name}-throttles", task.lambda_metric("Throttles"), 1, "Calls were turned away.")
        self._add_alarm(
            f"{name}-slow",
            task.lambda_metric("Duration", "p95"),
            SLOW * task.timeout_s * 1000,
            f"One call in twenty takes over {SLOW:.0%} of the {task.timeout_s} s that it may.",
            periods=3,
        )
        self._add_alarm(
            f"{name}-preparation",
            task.task_metric("PreparationFailures"),
            1,
            "A model could not be downloaded, converted or loaded.",
        )

    def _add_cache_alarm(self, cache: ModelCache) -> None:
        self._add_alarm(
            f"{Stack.of(self).stack_name.lower()}-cache-credits",
            make_cache_metric(cache, "BurstCreditBalance", "Minimum"),
            LOW_CREDITS_BYTES,
            "Less than an hour of reading models at full speed is left.",
            comparison=BELOW,
            periods=3,
        )

    def _add_alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        description: str,
        comparison: cloudwatch.ComparisonOperator = ABOVE,
        periods: int = 1,
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=name,
            alarm_description=f"{description} What to do: docs/operations.md.",
            metric=metric,
            threshold=threshold,
            comparison_operator=comparison,
            evaluation_periods=periods,
            # A function that nobody calls has no data; that is no alarm.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)
