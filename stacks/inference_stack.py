"""The stack: a network, a model cache, one function per task, one for the cache; nothing else is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations, CfnOutput, DefaultStackSynthesizer, PermissionsBoundary, Stack, Tags

from stacks.alarms import Alarms
from stacks.cache_function import CacheFunction
from stacks.dashboard import Dashboard
from stacks.model_cache import ModelCache
from stacks.names import title
from stacks.network import Network
from stacks.prefetch import Prefetch
from stacks.task_function import TaskFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from inference.task import Task
    from stacks.options import Options

DESCRIPTION = "Hublet: Hugging Face models, one Lambda function per task, one shared model cache"


class InferenceStack(Stack):
    """All that ``cdk deploy`` makes and ``cdk destroy`` takes away."""

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
        network = Network(self, "Network", options=options)
        cache = ModelCache(self, "ModelCache", network=network, options=options)
        functions = []
        for task in options.selected(tasks):
            function = TaskFunction(
                self, f"{title(task)}Task", task=task, options=options, network=network, cache=cache
            )
            self._show(task, function)
            functions.append(function)
        self._watch(options, functions, cache)
        maintenance = CacheFunction(
            self,
            "CacheMaintenance",
            options=options,
            network=network,
            cache=cache,
            tasks=options.selected(tasks),
            aliases=[function.alias for function in functions],
        )
        CfnOutput(self, "CacheName", value=maintenance.name, description="Function for the model cache")
        if options.prefetch:
            Prefetch(self, "Prefetch", options=options, functions=functions)
        if options.auth == "none":
            self._warn_of_public_urls()

    def _watch(self, options: Options, functions: Sequence[TaskFunction], cache: ModelCache) -> None:
        metrics = [function.metrics for function in functions]
        if options.dashboard:
            Dashboard(self, "Dashboard", name=options.name, tasks=metrics, cache=cache)
        if options.alarm_email:
            Alarms(self, "Alarms", email=options.alarm_email, tasks=metrics, cache=cache)

    def _show(self, task: Task, function: TaskFunction) -> None:
        CfnOutput(self, f"{title(task)}Name", value=function.name, description=f"Function for {task.name}")
        CfnOutput(
            self, f"{title(task)}Url", value=function.url.url, description=f"Function URL for {task.name}"
        )

    def _warn_of_public_urls(self) -> None:
        Annotations.of(self).add_warning_v2(
            "hublet:public",
            "auth=none: anybody on the internet can call these functions, and you pay. Set "
            "<task>.reserved_concurrency to bound the bill.",
        )
