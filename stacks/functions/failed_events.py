"""Where an asynchronous event goes that failed: a queue, a topic, a function or an event bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

if TYPE_CHECKING:
    from constructs import Construct

# Lambda developer guide, "Capturing records of Lambda asynchronous invocations", required permissions.
ACTIONS = {
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
}


def make_destination(scope: Construct, arn: str) -> lambda_.IDestination:
    """The destination that an ARN names, as Lambda's event settings take it."""
    kind = arn.split(":")[2]
    if kind == "sqs":
        return destinations.SqsDestination(sqs.Queue.from_queue_arn(scope, "FailedEvents", arn))
    if kind == "sns":
        return destinations.SnsDestination(sns.Topic.from_topic_arn(scope, "FailedEvents", arn))
    if kind == "events":
        bus = events.EventBus.from_event_bus_arn(scope, "FailedEvents", arn)
        return destinations.EventBridgeDestination(bus)
    # The functions' roles may call it; its own policy is its owner's.
    function = lambda_.Function.from_function_attributes(
        scope, "FailedEvents", function_arn=arn, skip_permissions=True
    )
    return destinations.LambdaDestination(function)


def allow_sending(arn: str) -> iam.PolicyStatement:
    """Allow a function's role to send to the destination."""
    return iam.PolicyStatement(actions=[ACTIONS[arn.split(":")[2]]], resources=[arn])
