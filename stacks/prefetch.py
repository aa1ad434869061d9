"""Models made ready after a deployment, so that no user meets the first download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.function_logs import log_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.options import Options

CODE = Path(__file__).with_name("prefetch_code.py")


class Prefetch(Construct):
    """One small function that CloudFormation calls when functions were made or changed.

    Our own, because the CDK's triggers and custom resources bring a role that may make log groups, and so
    leave one behind after a destroy.
    """

    def __init__(
        self, scope: Construct, id: str, *, options: Options, aliases: Sequence[lambda_.Alias]
    ) -> None:
        super().__init__(scope, id)
        self._name = f"{options.name.lower()}-prefetch"
        group = log_group(self, self._name, options.log_retention_days)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        policy = iam.Policy(self, "Policy", roles=[role], statements=_may(group, aliases))
        function = self._function(role, group)
        function.node.add_dependency(policy)
        asked = CustomResource(
            self,
            "Asked",
            service_token=function.function_arn,
            resource_type="Custom::Prefetch",
            service_timeout=Duration.minutes(5),
            properties={
                "Functions": [alias.function_arn for alias in aliases],
                # Another version has another number, and so is asked again.
                "Versions": [alias.version.version for alias in aliases],
            },
        )
        asked.node.add_dependency(policy)

    def _function(self, role: iam.Role, group: logs.LogGroup) -> lambda_.Function:
        return lambda_.Function(
            self,
            "Function",
            function_name=self._name,
            description="Asks the functions of a deployment to get their models ready",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_inline(CODE.read_text()),
            timeout=Duration.minutes(1),
            role=role.without_policy_updates(),
            log_group=group,
        )


def _may(group: logs.LogGroup, aliases: Sequence[lambda_.Alias]) -> list[iam.PolicyStatement]:
    """Write its log, and call these aliases; not make a log group, which would outlive the stack."""
    return [
        iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.log_group_arn]
        ),
        iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[alias.function_arn for alias in aliases]
        ),
    ]
