"""The function that looks after the model cache: same image, same mount, no URL, so IAM decides who calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks import names
from stacks.failed_events import may_send
from stacks.function_image import image_settings
from stacks.function_logs import log_group
from stacks.model_cache import MOUNT_PATH
from stacks.task_function import event_settings
from stacks.task_role import TaskRole, may_trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Task
    from stacks.model_cache import ModelCache
    from stacks.network import Network
    from stacks.options import Options

COMMAND = "inference.maintenance.handler.handler"
MEMORY_MB = 512
"""It reads files in pieces; more would only hash them faster."""
TIMEOUT_S = 900


class CacheFunction(Construct):
    """Lists, verifies, removes, prunes and prefetches (docs/operations.md)."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: Options,
        network: Network,
        cache: ModelCache,
        tasks: Sequence[Task],
        aliases: Sequence[lambda_.Alias],
    ) -> None:
        super().__init__(scope, id)
        self.name = names.function_name(options.name, names.CACHE)
        self._log_group = log_group(self, self.name, options.log_retention_days)
        self._role = TaskRole(
            self,
            "Access",
            function_name=self.name,
            log_group=self._log_group,
            cache=cache,
            more=_may(options, aliases),
        )
        function = self._function(options, network, cache, tasks)
        function.node.add_dependency(self._role)

    def _function(
        self, options: Options, network: Network, cache: ModelCache, tasks: Sequence[Task]
    ) -> lambda_.DockerImageFunction:
        return lambda_.DockerImageFunction(
            self,
            "Function",
            function_name=self.name,
            description="Lists, verifies, removes and prefetches models on the cache.",
            memory_size=MEMORY_MB,
            timeout=Duration.seconds(TIMEOUT_S),
            environment=_environment(options, tasks),
            role=self._role.role.without_policy_updates(),
            log_group=self._log_group,
            **image_settings(options, network, cache, [COMMAND]),
            **event_settings(self, options),
        )


def _may(options: Options, aliases: Sequence[lambda_.Alias]) -> list[iam.PolicyStatement]:
    """Call what the URLs call, and no other function; the rest is for what was chosen."""
    call = iam.PolicyStatement(
        actions=["lambda:InvokeFunction"], resources=[alias.function_arn for alias in aliases]
    )
    tracing = [may_trace()] if options.tracing else []
    failed = [may_send(options.on_failure_arn)] if options.on_failure_arn else []
    return [call, *tracing, *failed]


def _environment(options: Options, tasks: Sequence[Task]) -> dict[str, str]:
    """What ``inference.maintenance.settings`` reads; models only where an operator replaced a task's own."""
    chosen = {task.name: options.overrides[task.name] for task in tasks}
    models = {
        name: {"model": each.model, "revision": each.revision}
        for name, each in chosen.items()
        if each.model or each.revision
    }
    variables = {
        "HF_ENDPOINT": options.hub_url,
        "MODEL_CACHE": MOUNT_PATH,
        "TASKS": ",".join(chosen),
        "FUNCTION_PREFIX": names.function_name(options.name, ""),
        "LOG_LEVEL": "INFO",
    }
    if models:
        variables["MODELS"] = json.dumps(models)
    if options.egress == "ipv6":
        variables["AWS_USE_DUALSTACK_ENDPOINT"] = "true"  # the other endpoint has no IPv6 address
    return variables
