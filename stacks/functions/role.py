"""The execution role of a function: write its own log, be attached to the VPC, use the model cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, ArnFormat, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_logs as logs

    from stacks.model_cache import ModelCache

# What Lambda needs to attach a function to a VPC (Lambda developer guide, "Giving Lambda functions access to
# resources in an Amazon VPC", execution role permissions).
NETWORK_INTERFACES = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


class TaskRole(Construct):
    """One role with one policy; the function depends on both, so both outlive it when the stack is destroyed.

    A function whose role has lost its network permissions cannot give its interfaces back, and the
    destroy hangs.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function_name: str,
        log_group: logs.LogGroup,
        cache: ModelCache,
        extra_statements: Sequence[iam.PolicyStatement] = (),
        may_write: bool = True,
    ) -> None:
        """``may_write``: to the cache."""
        super().__init__(scope, id)
        self.role = make_role(self, function_name)
        self.policy = iam.Policy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                allow_logging(log_group),
                cache.admit(self.role, may_write=may_write),
                _allow_network_interfaces(),
                _deny_own_code(self._arn(function_name)),
                *extra_statements,
            ],
        )
        Validations.of(self.policy).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
                reason="Lambda needs these actions on every resource to attach a function to a VPC; the next "
                "statement denies them to the function's own code. With tracing, X-Ray knows no resources.",
            )
        )

    def _arn(self, function_name: str) -> str:
        # Built from the name: a reference would be a circle, function -> policy -> function.
        return Stack.of(self).format_arn(
            service="lambda",
            resource="function",
            resource_name=function_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )


def make_role(scope: Construct, function_name: str) -> iam.Role:
    """A role that Lambda may take for this function, with no permission yet."""
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"Execution role of the function {function_name}",
    )


def allow_tracing() -> iam.PolicyStatement:
    """Allow sending segments to X-Ray; it knows no single resources."""
    return iam.PolicyStatement(actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"])


def allow_reading(secret_arn: str) -> iam.PolicyStatement:
    """Allow reading this one secret."""
    return iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret_arn])


def allow_logging(log_group: logs.LogGroup) -> iam.PolicyStatement:
    """Allow writing this log; the group is ours, and no other may be made."""
    return iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
    )


def _allow_network_interfaces() -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=NETWORK_INTERFACES, resources=["*"])


def _deny_own_code(function_arn: str) -> iam.PolicyStatement:
    """Lambda attaches the function to the VPC; code inside the function may not do that."""
    return iam.PolicyStatement(
        effect=iam.Effect.DENY,
        actions=NETWORK_INTERFACES,
        resources=["*"],
        conditions={"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
    )
