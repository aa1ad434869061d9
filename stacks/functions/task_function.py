"""One task as a function: a shared image, its own log group and role, a ``live`` alias and its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from inference.http.response import READABLE
from inference.settings import RESPONSE_STREAM
from stacks.functions.failed_events import allow_sending, make_destination
from stacks.functions.image import make_image_settings
from stacks.functions.role import TaskRole, allow_reading, allow_tracing
from stacks.logs import make_log_group
from stacks.model_cache import MOUNT_PATH
from stacks.monitoring.task_metrics import TaskMetrics

if TYPE_CHECKING:
    from inference.task import Task
    from stacks.model_cache import ModelCache
    from stacks.network import Network
    from stacks.options.stack import Options
    from stacks.relay_bucket import RelayBucket

ALIAS = "live"
SIGNING_HEADERS = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]

AUTH = {
    "iam": lambda_.FunctionUrlAuthType.AWS_IAM,
    # Lambda knows no keys: it lets every call through, and the handler checks the key first.
    "key": lambda_.FunctionUrlAuthType.NONE,
    "none": lambda_.FunctionUrlAuthType.NONE,
}


class TaskFunction(Construct):
    """Everything that one task file turns into."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        task: Task,
        options: Options,
        network: Network,
        cache: ModelCache,
        bucket: RelayBucket | None = None,
    ) -> None:
        """``bucket``: that models come through; then it neither writes the cache nor reads the token."""
        super().__init__(scope, id)
        self.name = options.function_name(task)
        self._log_group = make_log_group(self, self.name, options)
        self.metrics = TaskMetrics(self.name, task.name, task.timeout_s, namespace=options.name)
        self._role = TaskRole(
            self,
            "Access",
            function_name=self.name,
            log_group=self._log_group,
            cache=cache,
            extra_statements=_permissions(options, bucket),
            may_write=bucket is None,
        )
        if bucket:
            bucket.acknowledge_prefixes(self._role.policy)
        self._events = make_event_settings(self, options)
        self._function = self._make_function(task, options, network, cache, bucket)
        self._function.node.add_dependency(self._role)
        self.alias = self._make_alias(options.overrides[task.name].provisioned_concurrency)
        self.url = self._make_url(options, streams=options.streams(task))

    def _make_function(
        self, task: Task, options: Options, network: Network, cache: ModelCache, bucket: RelayBucket | None
    ) -> lambda_.DockerImageFunction:
        storage = options.overrides[task.name].storage
        return lambda_.DockerImageFunction(
            self,
            "Function",
            function_name=self.name,
            description=task.summary,
            memory_size=task.memory_mb,
            timeout=Duration.seconds(task.timeout_s),
            ephemeral_storage_size=Size.mebibytes(storage) if storage else None,
            reserved_concurrent_executions=options.reserved_concurrency(task),
            environment=_make_environment(task, options, bucket),
            # The role's policy is complete: the CDK would add a wildcard of its own for the mount.
            role=self._role.role.without_policy_updates(),
            log_group=self._log_group,
            **make_image_settings(options, network, cache, image=task.image),
            **self._events,
        )

    def _make_alias(self, provisioned_concurrency: int | None) -> lambda_.Alias:
        return lambda_.Alias(
            self,
            "Live",
            alias_name=ALIAS,
            version=self._function.current_version,
            provisioned_concurrent_executions=provisioned_concurrency,
            **self._events,
        )

    def _make_url(self, options: Options, *, streams: bool) -> lambda_.FunctionUrl:
        return self.alias.add_function_url(
            auth_type=AUTH[options.auth],
            cors=_make_cors(options.cors_origins),
            invoke_mode=lambda_.InvokeMode.RESPONSE_STREAM if streams else lambda_.InvokeMode.BUFFERED,
        )


def make_event_settings(scope: Construct, options: Options) -> dict[str, Any]:
    """Settings for asynchronous events, the same for functions and aliases."""
    arn = options.on_failure_arn
    return {
        # An event that failed is reported, not run three times at the owner's cost.
        "retry_attempts": 0,
        "max_event_age": Duration.seconds(options.max_event_age),
        "on_failure": make_destination(scope, arn) if arn else None,
    }


def _permissions(options: Options, bucket: RelayBucket | None) -> list[iam.PolicyStatement]:
    """Permissions that the chosen options need."""
    allowed = [allow_tracing()] if options.tracing else []
    if options.on_failure_arn:
        allowed.append(allow_sending(options.on_failure_arn))
    if bucket:
        allowed += bucket.allow_asking()
    elif options.hf_token_secret_arn:
        allowed.append(allow_reading(options.hf_token_secret_arn))
    return allowed


def _make_environment(task: Task, options: Options, bucket: RelayBucket | None) -> dict[str, str]:
    """What ``inference.settings`` reads; the model only where an operator replaced the task's own."""
    chosen = options.overrides[task.name]
    variables = {
        "TASK": task.name,
        "MODEL_CACHE": MOUNT_PATH,
        "MODEL": chosen.model,
        "REVISION": chosen.revision,
        "PICKLE_WEIGHTS": "true" if chosen.pickle_weights else None,
        "FLAGGED_LABELS": ",".join(chosen.flagged_labels) or None,
        "HF_ENDPOINT": options.hub_url,
        "ALTERNATIVES": None if options.alternatives else "false",
        "PROMPT_CACHING": None if options.prompt_caching else "false",
        "PRECISION": options.precision,
        "METRICS_NAMESPACE": options.name,
        "LOG_LEVEL": "INFO",
        "KEY_SHA256": ",".join(options.key_sha256) or None,
        # Where the Hub token is, never the token.
        "HF_TOKEN_SECRET_ARN": None if bucket else options.hf_token_secret_arn,
        "BUCKET": bucket.name if bucket else None,
        # Of the URL: an event does not tell.
        "INVOKE_MODE": RESPONSE_STREAM if options.streams(task) else None,
    }
    return {name: value for name, value in variables.items() if value is not None}


def _make_cors(origins: tuple[str, ...]) -> lambda_.FunctionUrlCorsOptions | None:
    """No browser page may call a function unless its origin is listed."""
    if not origins:
        return None
    return lambda_.FunctionUrlCorsOptions(
        allowed_origins=list(origins),
        allowed_methods=[lambda_.HttpMethod.GET, lambda_.HttpMethod.POST],
        allowed_headers=["accept", "authorization", "content-type", *SIGNING_HEADERS],
        exposed_headers=list(READABLE),
        max_age=Duration.hours(1),
    )
