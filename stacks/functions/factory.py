"""The function that makes models, outside the network of the functions that serve them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Duration, Size, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from inference.task import FULL
from stacks.functions.failed_events import allow_sending
from stacks.functions.image import make_code_settings
from stacks.functions.models import make_task_variables
from stacks.functions.role import allow_logging, allow_reading, allow_tracing, make_role
from stacks.functions.task_function import make_event_settings
from stacks.logs import make_log_group
from stacks.options import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Task
    from stacks.options.stack import Options
    from stacks.relay_bucket import RelayBucket

COMMAND = "inference.factory.handler.handler"
TIMEOUT_S = 900
STORAGE_MB = 10_240
"""The most that there is: the download and what is made of it lie on it together."""


class Factory(Construct):
    """Downloads, converts and proves models. It stands outside the VPC, where the way to the Hub is free."""

    def __init__(
        self, scope: Construct, id: str, *, options: Options, bucket: RelayBucket, tasks: Sequence[Task]
    ) -> None:
        super().__init__(scope, id)
        self.name = names.function_name(options.name, names.FACTORY)
        group = make_log_group(self, self.name, options)
        role = make_role(self, self.name)
        self.policy = iam.Policy(
            self,
            "Policy",
            roles=[role],
            statements=[allow_logging(group), *bucket.allow_making(), *_permissions(options)],
        )
        bucket.acknowledge_prefixes(self.policy)
        Validations.of(self.policy).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
                reason="With tracing: X-Ray knows no resources.",
            )
        )
        self.function = lambda_.DockerImageFunction(
            self,
            "Function",
            function_name=self.name,
            description="Makes the models that functions ask for in the bucket.",
            memory_size=options.factory_memory,
            timeout=Duration.seconds(TIMEOUT_S),
            ephemeral_storage_size=Size.mebibytes(STORAGE_MB),
            environment=_make_environment(options, bucket, tasks),
            role=role.without_policy_updates(),
            log_group=group,
            **make_code_settings(options, image=FULL, command=[COMMAND]),
            **make_event_settings(self, options),
        )
        self.function.node.add_dependency(self.policy)


def _permissions(options: Options) -> list[iam.PolicyStatement]:
    allowed = [allow_tracing()] if options.tracing else []
    if options.on_failure_arn:
        allowed.append(allow_sending(options.on_failure_arn))
    if options.hf_token_secret_arn:
        allowed.append(allow_reading(options.hf_token_secret_arn))
    return allowed


def _make_environment(options: Options, bucket: RelayBucket, tasks: Sequence[Task]) -> dict[str, str]:
    """What ``inference.factory.settings`` reads."""
    variables = {
        "BUCKET": bucket.name,
        "HF_ENDPOINT": options.hub_url,
        **make_task_variables(options, tasks),
        "LOG_LEVEL": "INFO",
        # Where the Hub token is, never the token. No other function may read it.
        "HF_TOKEN_SECRET_ARN": options.hf_token_secret_arn,
    }
    return {name: value for name, value in variables.items() if value is not None}
