"""The function that looks after the model cache: same mount, no URL, so IAM decides who calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from inference.task import SERVE
from stacks.functions.failed_events import allow_sending
from stacks.functions.image import make_image_settings
from stacks.functions.models import make_task_variables
from stacks.functions.role import TaskRole, allow_tracing
from stacks.functions.task_function import make_event_settings
from stacks.logs import make_log_group
from stacks.model_cache import MOUNT_PATH
from stacks.options import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.task import Task
    from stacks.model_cache import ModelCache
    from stacks.network import Network
    from stacks.options.stack import Options
    from stacks.relay_bucket import RelayBucket

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
        bucket: RelayBucket | None = None,
    ) -> None:
        """``bucket``: that models come through; then it is the only one that writes the cache."""
        super().__init__(scope, id)
        self.name = names.function_name(options.name, names.CACHE)
        self._log_group = make_log_group(self, self.name, options)
        self.role = TaskRole(
            self,
            "Access",
            function_name=self.name,
            log_group=self._log_group,
            cache=cache,
            extra_statements=_permissions(options, aliases, bucket),
        )
        if bucket:
            bucket.acknowledge_prefixes(self.role.policy)
        self.function = self._make_function(options, network, cache, tasks, bucket)
        self.function.node.add_dependency(self.role)

    def _make_function(
        self,
        options: Options,
        network: Network,
        cache: ModelCache,
        tasks: Sequence[Task],
        bucket: RelayBucket | None,
    ) -> lambda_.DockerImageFunction:
        return lambda_.DockerImageFunction(
            self,
            "Function",
            function_name=self.name,
            description="Lists, verifies, removes and prefetches models on the cache.",
            memory_size=MEMORY_MB,
            timeout=Duration.seconds(TIMEOUT_S),
            environment=_make_environment(options, tasks, bucket),
            role=self.role.role.without_policy_updates(),
            log_group=self._log_group,
            **make_image_settings(options, network, cache, image=SERVE, command=[COMMAND]),
            **make_event_settings(self, options),
        )


def _permissions(
    options: Options, aliases: Sequence[lambda_.Alias], bucket: RelayBucket | None
) -> list[iam.PolicyStatement]:
    """Asking for models, of the bucket or of the functions themselves, and what the chosen options need."""
    asking = bucket.allow_shelving() if bucket else [allow_calling(aliases)] if aliases else []
    tracing = [allow_tracing()] if options.tracing else []
    failed = [allow_sending(options.on_failure_arn)] if options.on_failure_arn else []
    return [*asking, *tracing, *failed]


def allow_calling(aliases: Sequence[lambda_.Alias]) -> iam.PolicyStatement:
    """To prefetch, where functions prepare models themselves."""
    return iam.PolicyStatement(
        actions=["lambda:InvokeFunction"], resources=[alias.function_arn for alias in aliases]
    )


def _make_environment(options: Options, tasks: Sequence[Task], bucket: RelayBucket | None) -> dict[str, str]:
    """What ``inference.maintenance.settings`` reads; models only where an operator replaced a task's own."""
    variables = {
        "HF_ENDPOINT": options.hub_url,
        "MODEL_CACHE": MOUNT_PATH,
        **make_task_variables(options, tasks),
        "FUNCTION_PREFIX": names.function_name(options.name, ""),
        "LOG_LEVEL": "INFO",
    }
    if bucket:
        variables |= {"BUCKET": bucket.name, "PRECISION": options.precision}
    return variables
