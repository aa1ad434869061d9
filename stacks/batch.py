"""Batch over files: a state machine that hands the lines of an S3 object to a function, many at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Acknowledgment, ArnFormat, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.functions.role import allow_tracing
from stacks.functions.task_function import ALIAS
from stacks.options import names
from stacks.relay_bucket import BATCH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.functions.task_function import TaskFunction
    from stacks.options.stack import Options
    from stacks.relay_bucket import RelayBucket

PREPARE = {"action": "prepare"}
"""The event that has a function get its model ready."""
ITEMS_A_BATCH = 16
"""Vectors of 384 numbers for so many texts fit into a state's output, twice."""
BATCH_BYTES = 240_000
"""A state's input has 262,144 at most (Step Functions developer guide, "Quotas")."""
TOLERATED_PERCENT = 10
"""Of lines whose batch failed after all tries: then something is wrong, and the rest costs nothing."""
TRANSIENT = ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"]
THROTTLED = "Lambda.TooManyRequestsException"
ENDED = "Runtime.ExitError"
"""The environment ended in the middle of a call."""
LABEL = "Lines"
"""In the names of a run's parts; without one, the CDK's generated label changes with each path."""


class Batch(Construct):
    """The state machine and its role."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: Options,
        bucket: RelayBucket,
        functions: Sequence[TaskFunction],
    ) -> None:
        super().__init__(scope, id)
        self.name = names.function_name(options.name, names.BATCH)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"Role of the state machine {self.name}",
        )
        policy = iam.Policy(
            self,
            "Policy",
            roles=[role],
            statements=[
                *_permissions(bucket, functions),
                *self._allow_executions(),
                *([allow_tracing()] if options.tracing else []),
            ],
        )
        bucket.acknowledge_prefixes(policy)
        Validations.of(policy).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
                reason="With tracing: X-Ray knows no resources.",
            )
        )
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=self.name,
            definition_body=sfn.DefinitionBody.from_chainable(self._define(options, bucket)),
            comment="Runs the lines of a file in S3 through a function.",
            tracing_enabled=options.tracing,
            role=role.without_policy_updates(),
        )
        self.machine.node.add_dependency(policy)
        self._acknowledge_executions(policy)
        self._acknowledge_silence()

    def _define(self, options: Options, bucket: RelayBucket) -> sfn.IChainable:
        default = sfn.Pass(
            self, "DefaultItems", result=sfn.Result.from_number(ITEMS_A_BATCH), result_path="$.items"
        )
        prepare = self._invoke(
            "Prepare", "$.function", payload={"Payload": PREPARE}, result={"ResultPath": "$.prepared"}
        )
        lines = self._map(options, bucket)
        default.next(prepare)
        prepare.next(lines)
        return (
            sfn.Choice(self, "HasItems").when(sfn.Condition.is_present("$.items"), prepare).otherwise(default)
        )

    def _map(self, options: Options, bucket: RelayBucket) -> sfn.DistributedMap:
        there = s3.Bucket.from_bucket_name(self, "Bucket", bucket.name)
        lines = sfn.DistributedMap(
            self,
            "Lines",
            label=LABEL,
            map_execution_type=sfn.StateMachineType.EXPRESS,
            max_concurrency=options.batch_concurrency,
            tolerated_failure_percentage=TOLERATED_PERCENT,
            item_reader=sfn.S3JsonLItemReader(bucket=there, key=sfn.JsonPath.string_at("$.key")),
            # A line has no number of its own, and results come in any order.
            item_selector={
                "index": sfn.JsonPath.string_at("$$.Map.Item.Index"),
                "line": sfn.JsonPath.string_at("$$.Map.Item.Value"),
            },
            item_batcher=sfn.ItemBatcher(
                max_items_per_batch_path="$.items",
                max_input_bytes_per_batch=BATCH_BYTES,
                batch_input={"function.$": "$.function"},
            ),
            # Dropped without a word where cdk.json has no useDistributedMapResultWriterV2.
            result_writer_v2=sfn.ResultWriterV2(
                bucket=there,
                prefix=sfn.JsonPath.string_at("$.results"),
                writer_config=sfn.WriterConfig(
                    output_type=sfn.OutputType.JSONL, transformation=sfn.Transformation.FLATTEN
                ),
            ),
        )
        return lines.item_processor(
            self._invoke(
                "Run", "$.BatchInput.function", payload={"Payload.$": "$"}, result={"OutputPath": "$.Payload"}
            )
        )

    def _invoke(
        self, id: str, function: str, *, payload: dict[str, Any], result: dict[str, Any]
    ) -> sfn.CustomState:
        """A call of the function that the input names; the CDK's own task knows one function only."""
        return sfn.CustomState(
            self,
            id,
            state_json={
                "Type": "Task",
                "Resource": f"arn:{Stack.of(self).partition}:states:::lambda:invoke",
                "Parameters": {"FunctionName.$": f"States.Format('{{}}:{ALIAS}', {function})", **payload},
                **result,
                "Retry": [_retry([THROTTLED], 6), _retry([*TRANSIENT, ENDED], 2), *_waits(id)],
            },
        )

    def _allow_executions(self) -> list[iam.PolicyStatement]:
        """Start, see, stop and redrive executions of this machine, as a Distributed Map does."""
        return [
            iam.PolicyStatement(
                actions=["states:StartExecution"], resources=[self._arn("stateMachine", self.name)]
            ),
            iam.PolicyStatement(
                actions=["states:DescribeExecution", "states:StopExecution"],
                resources=[self._arn("execution", f"{self.name}:*")],
            ),
            iam.PolicyStatement(
                actions=["states:RedriveExecution"],
                resources=[self._arn("execution", f"{self.name}/{LABEL}:*")],
            ),
        ]

    def _arn(self, resource: str, name: str) -> str:
        # Built from the name: a reference would be a circle, machine -> policy -> machine.
        return Stack.of(self).format_arn(
            service="states",
            resource=resource,
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )

    def _acknowledge_executions(self, policy: iam.Policy) -> None:
        """In our policy, and in the CDK's own: it has no role, and so is not in the template."""
        stack = Stack.of(self)
        machine = stack.get_logical_id(self.machine.node.default_child)  # type: ignore[arg-type]
        name = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{stack.resolve(machine)}"}}]}}]}}'
        theirs = self.machine.node.find_child("DistributedMapPolicy")
        for place, named in ((policy, self.name), (theirs, name)):
            runs = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{named}"
            for which in (":*", f"/{LABEL}:*"):
                Validations.of(place).acknowledge(
                    Acknowledgment(
                        id=f"AwsSolutions::AwsSolutions-IAM5[Resource::{runs}{which}]",
                        reason="A Distributed Map starts, sees and stops executions of its own machine, "
                        "whose names Step Functions makes.",
                    )
                )

    def _acknowledge_silence(self) -> None:
        for rule, reason in (
            ("SF1", "A log of every state would hold the lines and cost more than the work; what failed "
             "stands in the bucket, with its error."),
            ("SF2", "Traces are an option of the whole stack: tracing."),
        ):  # fmt: skip
            Validations.of(self.machine).acknowledge(
                Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason)
            )


def _permissions(bucket: RelayBucket, functions: Sequence[TaskFunction]) -> list[iam.PolicyStatement]:
    """Functions and files (Step Functions developer guide, "IAM policies for using Distributed Map states").

    Rights on keys are those of a prefix; the functions are called by their aliases alone.
    """
    return [
        iam.PolicyStatement(
            actions=["lambda:InvokeFunction"],
            resources=[function.alias.function_arn for function in functions],
        ),
        iam.PolicyStatement(
            actions=[
                "s3:AbortMultipartUpload",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            resources=bucket.objects(BATCH),
        ),
        *bucket.allow_key(),
    ]


def _retry(errors: list[str], attempts: int) -> dict[str, Any]:
    """1 s, 2 s, 4 s, ... spread by chance: an Express execution has 5 minutes in all."""
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }


def _waits(id: str) -> list[dict[str, Any]]:
    """The first state alone waits for a model that is being made: it has no limit of 5 minutes."""
    if id != "Prepare":
        return []
    return [{"ErrorEquals": ["ModelNotReady"], "IntervalSeconds": 10, "BackoffRate": 1, "MaxAttempts": 180}]
