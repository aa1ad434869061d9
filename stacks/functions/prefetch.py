"""New versions get their models ready before the aliases move to them: no caller waits for a download."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.functions.task_function import ALIAS
from stacks.logs import make_log_group
from stacks.options import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.functions.task_function import TaskFunction
    from stacks.options.stack import Options

CODE = Path(__file__).with_name("prefetch_code.py")


class Prefetch(Construct):
    """One small function that CloudFormation calls between the new versions and their aliases.

    Our own, because the CDK's triggers and custom resources bring a role that may make log groups, and so
    leave one behind after a destroy. One function serves all tasks: a waiting function for each task could
    use up a new account's concurrency, and none would be left to prepare the models.
    """

    def __init__(
        self, scope: Construct, id: str, *, options: Options, functions: Sequence[TaskFunction]
    ) -> None:
        super().__init__(scope, id)
        self._name = names.function_name(options.name, names.PREFETCH)
        group = make_log_group(self, self._name, options)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        policy = iam.Policy(self, "Policy", roles=[role], statements=self._permissions(group, functions))
        function = self._make_function(role, group)
        function.node.add_dependency(policy)
        ready = CustomResource(
            self,
            "Ready",
            service_token=function.function_arn,
            resource_type="Custom::Prefetch",
            service_timeout=Duration.hours(1),
            # Another version has another number, which makes CloudFormation call again.
            properties={
                "Functions": [
                    {"name": each.name, "version": each.alias.version.version} for each in functions
                ]
            },
        )
        ready.node.add_dependency(policy)
        for each in functions:
            each.alias.node.add_dependency(ready)

    def _make_function(self, role: iam.Role, group: logs.LogGroup) -> lambda_.Function:
        return lambda_.Function(
            self,
            "Function",
            function_name=self._name,
            description="Has new versions of the functions get their models ready",
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=lambda_.Code.from_inline(CODE.read_text()),
            memory_size=256,
            timeout=Duration.minutes(15),
            role=role.without_policy_updates(),
            log_group=group,
        )

    def _permissions(
        self, group: logs.LogGroup, functions: Sequence[TaskFunction]
    ) -> list[iam.PolicyStatement]:
        """By name, since the aliases come later. No log group may be made: it would outlive the stack."""
        own, *others = (self._make_arn(name) for name in (self._name, *(each.name for each in functions)))
        versions = [each.alias.version.function_arn for each in functions]
        return [
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.log_group_arn]
            ),
            iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[own, *others, *versions]),
            iam.PolicyStatement(
                actions=["lambda:GetAlias"], resources=[*others, *(f"{arn}:{ALIAS}" for arn in others)]
            ),
        ]

    def _make_arn(self, name: str) -> str:
        return Stack.of(self).format_arn(
            service="lambda",
            resource="function",
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
