"""The stack: a network, a model cache, one function for each task and one for the cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations, CfnOutput, DefaultStackSynthesizer, PermissionsBoundary, Stack, Tags

from stacks.batch import Batch
from stacks.functions.cache_function import CacheFunction
from stacks.functions.factory import Factory
from stacks.functions.prefetch import Prefetch
from stacks.functions.task_function import TaskFunction
from stacks.model_cache import ModelCache
from stacks.monitoring.alarms import Alarms
from stacks.monitoring.dashboard import Dashboard
from stacks.network import Network
from stacks.options import names
from stacks.options.names import output_prefix
from stacks.relay import Relay
from stacks.relay_bucket import RelayBucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from inference.task import Task
    from stacks.options.stack import Options

DESCRIPTION = "Hublet: Hugging Face models, one Lambda function per task, one shared model cache"


class InferenceStack(Stack):
    """Everything that ``cdk deploy`` makes and ``cdk destroy`` removes."""

    def __init__(self, scope: Construct, id: str, *, options: Options, tasks: Sequence[Task]) -> None:
        boundary = options.permissions_boundary
        super().__init__(
            scope,
            id,
            description=DESCRIPTION,
            permissions_boundary=PermissionsBoundary.from_arn(boundary) if boundary else None,
            synthesizer=DefaultStackSynthesizer(qualifier=options.qualifier) if options.qualifier else None,
        )
        for key, value in (("project", "hublet"), *options.tags):
            Tags.of(self).add(key, value)
        bucket = RelayBucket(self, "RelayBucket", options=options) if options.egress == "relay" else None
        network = Network(self, "Network", options=options, bucket=bucket)
        cache = ModelCache(self, "ModelCache", network=network, options=options)
        functions = []
        for task in options.selected(tasks):
            function = TaskFunction(
                self,
                f"{output_prefix(task)}Task",
                task=task,
                options=options,
                network=network,
                cache=cache,
                bucket=bucket,
            )
            self._add_outputs(task, function)
            functions.append(function)
        maintenance = CacheFunction(
            self,
            "CacheMaintenance",
            options=options,
            network=network,
            cache=cache,
            tasks=options.selected(tasks),
            aliases=[function.alias for function in functions],
            bucket=bucket,
        )
        cache.deny_others()
        writers: list[Construct] = [maintenance, *functions]
        if options.batch and bucket:
            writers.append(self._add_batch(options, bucket, functions))
        relay = self._add_relay(options, bucket, maintenance, writers, tasks) if bucket else None
        makers = [names.function_name(options.name, each) for each in (names.FACTORY, names.CACHE)]
        self._add_monitoring(options, functions, cache, makers if bucket else [])
        CfnOutput(self, "CacheName", value=maintenance.name, description="Function for the model cache")
        if options.prefetch:
            prefetch = Prefetch(self, "Prefetch", options=options, functions=functions)
            if relay:  # it asks functions, which ask the relay
                prefetch.node.add_dependency(relay)
        if options.auth == "none":
            self._warn_of_public_urls()

    def _add_relay(
        self,
        options: Options,
        bucket: RelayBucket,
        maintenance: CacheFunction,
        writers: Sequence[Construct],
        tasks: Sequence[Task],
    ) -> Relay:
        factory = Factory(self, "Factory", options=options, bucket=bucket, tasks=options.selected(tasks))
        CfnOutput(self, "FactoryName", value=factory.name, description="Function that makes models")
        return Relay(
            self,
            "Relay",
            bucket=bucket,
            factory=factory,
            shelf=maintenance.function,
            writers=writers,
        )

    def _add_batch(self, options: Options, bucket: RelayBucket, functions: Sequence[TaskFunction]) -> Batch:
        batch = Batch(self, "Batch", options=options, bucket=bucket, functions=functions)
        arn, name = batch.machine.state_machine_arn, bucket.name
        CfnOutput(self, "BatchMachine", value=arn, description="State machine for batch over files")
        CfnOutput(self, "BatchBucket", value=name, description="Bucket for lines and results of batch")
        return batch

    def _add_monitoring(
        self, options: Options, functions: Sequence[TaskFunction], cache: ModelCache, makers: Sequence[str]
    ) -> None:
        metrics = [function.metrics for function in functions]
        if options.dashboard:
            Dashboard(self, "Dashboard", name=options.name, tasks=metrics, cache=cache)
        if options.alarm_email:
            Alarms(self, "Alarms", email=options.alarm_email, tasks=metrics, cache=cache, makers=makers)

    def _add_outputs(self, task: Task, function: TaskFunction) -> None:
        prefix = output_prefix(task)
        CfnOutput(self, f"{prefix}Name", value=function.name, description=f"Function for {task.name}")
        CfnOutput(self, f"{prefix}Url", value=function.url.url, description=f"Function URL for {task.name}")

    def _warn_of_public_urls(self) -> None:
        Annotations.of(self).add_warning_v2(
            "hublet:public",
            "auth=none: anybody on the internet can call these functions, and you pay. open_concurrency "
            "bounds how much at once.",
        )
