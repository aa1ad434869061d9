"""The metrics of one function: Lambda's own, and those in its log lines (``inference.runtime.metrics``)."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from stacks.monitoring.metric import PERIOD, make_metric

LAMBDA = "AWS/Lambda"


def make_lambda_metric(function: str, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    """One of Lambda's, over all versions of a function."""
    return make_metric(LAMBDA, name, {"FunctionName": function}, statistic)


@dataclass(frozen=True)
class TaskMetrics:
    """Named by the function, its task, and the stack's name, under which its own metrics stand."""

    function_name: str
    task: str
    timeout_s: int
    namespace: str

    def lambda_metric(self, name: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """One of Lambda's, over all versions."""
        return make_lambda_metric(self.function_name, name, statistic)

    def task_metric(self, name: str) -> cloudwatch.Metric:
        """How often something happened, whichever model it was about."""
        return make_metric(self.namespace, name, {"task": self.task}, "Sum")

    def metric_by_model(self, name: str, statistic: str) -> cloudwatch.SearchExpression:
        """One line for each model that was asked for. For graphs alone: alarms cannot search."""
        schema = f'{{"{self.namespace}",task,model}}'
        return cloudwatch.SearchExpression(
            expression=f"SEARCH('{schema} MetricName=\"{name}\" task=\"{self.task}\"', '{statistic}', 300)",
            label=f"{name} {statistic}",
            period=PERIOD,
        )

    def failures(self) -> cloudwatch.MathExpression:
        """Invocations that failed as Lambda counts them, and replies over HTTP that are faults of ours."""
        return cloudwatch.MathExpression(
            expression="FILL(errors, 0) + FILL(faults, 0)",
            using_metrics={"errors": self.lambda_metric("Errors"), "faults": self.task_metric("Faults")},
            label="errors and faults",
            period=PERIOD,
        )
