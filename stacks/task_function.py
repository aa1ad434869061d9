"""One task as a function: the shared image, its own log group and role, a ``live`` alias and its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.failed_events import destination, may_send
from stacks.function_image import image_settings
from stacks.function_logs import log_group
from stacks.model_cache import MOUNT_PATH
from stacks.response_headers import EXPOSED
from stacks.task_metrics import TaskMetrics
from stacks.task_role import TaskRole, may_read, may_trace

if TYPE_CHECKING:
    from inference.task import Task
    from stacks.model_cache import ModelCache
    from stacks.network import Network
    from stacks.options import Options

ALIAS = "live"
SIGNING_HEADERS = ["x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]

AUTH = {
    "iam": lambda_.FunctionUrlAuthType.AWS_IAM,
    # Lambda knows no keys: it lets the call through, and the handler looks at it first of all.
    "key": lambda_.FunctionUrlAuthType.NONE,
    "none": lambda_.FunctionUrlAuthType.NONE,
}


class TaskFunction(Construct):
    """Everything that one task file turns into."""

    def __init__(
        self, scope: Construct, id: str, *, task: Task, options: Options, network: Network, cache: ModelCache
    ) -> None:
        super().__init__(scope, id)
        self.name = options.function_name(task)
        self._log_group = log_group(self, self.name, options.log_retention_days)
        self.metrics = TaskMetrics(self.name, task.name, task.timeout_s, namespace=options.name)
        self._role = TaskRole(
            self,
            "Access",
            function_name=self.name,
            log_group=self._log_group,
            cache=cache,
            more=_may(options),
        )
        self._events = event_settings(self, options)
        self._function = self._image_function(task, options, network, cache)
        self._function.node.add_dependency(self._role)
        self.alias = self._alias(options.overrides[task.name].provisioned_concurrency)
        self.url = self._url(options)

    def _image_function(
        self, task: Task, options: Options, network: Network, cache: ModelCache
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
            reserved_concurrent_executions=options.overrides[task.name].reserved_concurrency,
            environment=_environment(task, options),
            # The role's policy is complete: the CDK would add a wildcard of its own for the mount.
            role=self._role.role.without_policy_updates(),
            log_group=self._log_group,
            **image_settings(options, network, cache),
            **self._events,
        )

    def _alias(self, provisioned_concurrency: int | None) -> lambda_.Alias:
        return lambda_.Alias(
            self,
            "Live",
            alias_name=ALIAS,
            version=self._function.current_version,
            provisioned_concurrent_executions=provisioned_concurrency,
            **self._events,
        )

    def _url(self, options: Options) -> lambda_.FunctionUrl:
        return self.alias.add_function_url(
            auth_type=AUTH[options.auth],
            cors=_cors(options.cors_origins),
            invoke_mode=lambda_.InvokeMode.BUFFERED,
        )


def event_settings(scope: Construct, options: Options) -> dict[str, Any]:
    """How asynchronous events are treated, by functions and aliases alike."""
    arn = options.on_failure_arn
    return {
        # An event that failed is reported, not run three times at the owner's cost.
        "retry_attempts": 0,
        "max_event_age": Duration.seconds(options.max_event_age),
        "on_failure": destination(scope, arn) if arn else None,
    }


def _may(options: Options) -> list[iam.PolicyStatement]:
    """What the function's role needs for what was chosen."""
    allowed = [may_trace()] if options.tracing else []
    if options.on_failure_arn:
        allowed.append(may_send(options.on_failure_arn))
    if options.hf_token_secret_arn:
        allowed.append(may_read(options.hf_token_secret_arn))
    return allowed


def _environment(task: Task, options: Options) -> dict[str, str]:
    """What ``inference.settings`` reads; the model only where an operator replaced the task's own."""
    chosen = options.overrides[task.name]
    variables = {
        "TASK": task.name,
        "MODEL_CACHE": MOUNT_PATH,
        "MODEL": chosen.model,
        "REVISION": chosen.revision,
        "HF_ENDPOINT": options.hub_url,
        "PRECISION": options.precision,
        "METRICS_NAMESPACE": options.name,
        "LOG_LEVEL": "INFO",
        "KEY_SHA256": ",".join(options.key_sha256) or None,
        # Where the Hub token is, never the token.
        "HF_TOKEN_SECRET_ARN": options.hf_token_secret_arn,
    }
    return {name: value for name, value in variables.items() if value is not None}


def _cors(origins: tuple[str, ...]) -> lambda_.FunctionUrlCorsOptions | None:
    """No browser page may call a function unless its origin is listed."""
    if not origins:
        return None
    return lambda_.FunctionUrlCorsOptions(
        allowed_origins=list(origins),
        allowed_methods=[lambda_.HttpMethod.GET, lambda_.HttpMethod.POST],
        allowed_headers=["accept", "authorization", "content-type", *SIGNING_HEADERS],
        exposed_headers=list(EXPOSED),
        max_age=Duration.hours(1),
    )
