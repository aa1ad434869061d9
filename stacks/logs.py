"""The log group of a function: declared, because the one that Lambda makes by itself outlives the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

from stacks.customer_key import find_key
from stacks.options.keys import LOG_RETENTION_DAYS

if TYPE_CHECKING:
    from constructs import Construct

    from stacks.options.stack import Options

# The CDK names its periods instead of counting them, in CloudWatch's order, with "infinite" at the end.
RETENTION = dict(zip(LOG_RETENTION_DAYS, logs.RetentionDays, strict=False))


def make_log_group(scope: Construct, function_name: str, options: Options) -> logs.LogGroup:
    """Named as Lambda would name it; it expires, and goes with the stack."""
    return logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"/aws/lambda/{function_name}",
        retention=RETENTION[options.log_retention_days],
        encryption_key=find_key(scope, options.kms_key_arn),
        removal_policy=RemovalPolicy.DESTROY,
    )
