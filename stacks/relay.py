"""What joins bucket, factory and cache function: two rules, and what empties the bucket at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.relay_bucket import ARTIFACTS, LOADS, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_lambda as lambda_

    from stacks.functions.factory import Factory
    from stacks.relay_bucket import RelayBucket

RETRIES = 2
EVENT_AGE_S = 15 * 60
"""Whoever asked waits no longer than that, and asks again."""


class Relay(Construct):
    """The rules; the bucket is emptied when nothing writes to it any more, and then deleted."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket: RelayBucket,
        factory: Factory,
        shelf: lambda_.IFunction,
        writers: Sequence[Construct],
    ) -> None:
        super().__init__(scope, id)
        self._bucket = bucket
        requests = [{"prefix": REQUESTS}]
        asked = self._make_rule("Asked", "Models that functions ask for", requests, factory.function)
        made = self._make_rule(
            "Made",
            "Models that were made, and marks of their loads",
            [{"wildcard": f"{ARTIFACTS}*/manifest.json"}, {"prefix": LOADS}],
            shelf,
        )
        self._emptied = CustomResource(
            self,
            "Emptied",
            service_token=factory.function.function_arn,
            resource_type="Custom::EmptyBucket",
            service_timeout=Duration.minutes(15),
            properties={"Bucket": bucket.name},
        )
        # What depends on it is deleted before it: then nothing asks, and nothing is made any more.
        self._emptied.node.add_dependency(factory.policy, bucket)
        for each in (asked, made, *writers):
            self.add_writer(each)

    def add_writer(self, writer: Construct) -> None:
        """Delete it before the bucket is emptied."""
        writer.node.add_dependency(self._emptied)

    def _make_rule(
        self, id: str, description: str, keys: list[dict[str, str]], function: lambda_.IFunction
    ) -> events.CfnRule:
        rule = events.CfnRule(
            self,
            id,
            description=description,
            event_pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [self._bucket.name]}, "object": {"key": keys}},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    arn=function.function_arn,
                    id="Function",
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_retry_attempts=RETRIES, maximum_event_age_in_seconds=EVENT_AGE_S
                    ),
                )
            ],
        )
        function.add_permission(
            f"{id}Events",
            scope=self,  # what waits for the rules waits for this too: a rule without it drops events
            principal=iam.ServicePrincipal("events.amazonaws.com"),
            source_arn=rule.attr_arn,
        )
        return rule
