"""The CDK context as one frozen value, checked once; the rest of the stack asks no further questions."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stacks import account_options as account
from stacks import names
from stacks.caller_options import auth, hf_token_secret_arn, key_sha256
from stacks.context import OptionError, choice, flag, matching, words
from stacks.operation_options import alarm_email, max_event_age_s, on_failure_arn
from stacks.task_options import TaskOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.task import Task

DEFAULT_NAME = "Hublet"
DEFAULT_HUB = "https://huggingface.co"
DEFAULT_LOG_RETENTION_DAYS = 14

ARCHITECTURES = ("x86_64", "arm64")
THROUGHPUT = ("bursting", "elastic")
PRECISIONS = ("auto", "int8", "fp32")

# What CloudWatch Logs accepts (API reference, PutRetentionPolicy).
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

# The CDK keeps settings of its own in the same place.
CDK_KEYS = ("@", "aws:", "cdk", "cli-telemetry", "acknowledged-issue-numbers")


@dataclass(frozen=True)
class Options:
    """Everything that the context decides."""

    name: str
    """The stack's name; in lower case it begins every function's name."""
    tasks: tuple[str, ...]
    egress: str
    auth: str
    key_sha256: tuple[str, ...]
    """Of the keys that open the URLs, with ``auth=key``."""
    hf_token_secret_arn: str | None
    cors_origins: tuple[str, ...]
    architecture: str
    efs_throughput: str
    log_retention_days: int
    keep_cache: bool
    hub_url: str
    precision: str
    """Of every model: the fastest form that proves itself, or a forced one."""
    tracing: bool
    dashboard: bool
    alarm_email: str | None
    prefetch: bool
    on_failure_arn: str | None
    max_event_age: int
    """Seconds."""
    vpc_id: str | None
    subnet_ids: tuple[str, ...]
    availability_zones: tuple[str, ...]
    """Names, or one number: so many of the region's first."""
    permissions_boundary: str | None
    qualifier: str | None
    tags: tuple[tuple[str, str], ...]
    overrides: Mapping[str, TaskOptions]

    @classmethod
    def from_context(cls, context: Mapping[str, Any], tasks: Sequence[Task]) -> Options:
        """Read every key; a key that is nobody's is taken for a typing error."""
        _refuse_unknown_keys(context, [task.name for task in tasks])
        options = cls(
            name=matching(context, "name", r"[A-Za-z](-?[A-Za-z0-9])*", "Hublet or My-Models")
            or DEFAULT_NAME,
            tasks=_tasks(context, [task.name for task in tasks]),
            egress=account.egress(context),
            auth=auth(context),
            key_sha256=key_sha256(context, auth(context)),
            hf_token_secret_arn=hf_token_secret_arn(context, account.egress(context)),
            cors_origins=_origins(context),
            architecture=choice(context, "architecture", ARCHITECTURES),
            efs_throughput=choice(context, "efs_throughput", THROUGHPUT),
            log_retention_days=_log_retention_days(context),
            keep_cache=flag(context, "keep_cache"),
            hub_url=_hub_url(context),
            precision=choice(context, "precision", PRECISIONS),
            tracing=flag(context, "tracing"),
            dashboard=flag(context, "dashboard"),
            alarm_email=alarm_email(context),
            prefetch=flag(context, "prefetch"),
            on_failure_arn=on_failure_arn(context),
            max_event_age=max_event_age_s(context),
            vpc_id=account.vpc_id(context),
            subnet_ids=account.subnet_ids(context),
            availability_zones=account.availability_zones(context),
            permissions_boundary=account.permissions_boundary(context),
            qualifier=account.qualifier(context),
            tags=account.tags(context),
            overrides={task.name: TaskOptions.from_context(context, task.name) for task in tasks},
        )
        names.check(options.name, tasks)
        _refuse_waiting_in_vain(options)
        return options

    @property
    def hub_port(self) -> int:
        """The port that functions must be able to reach, besides 443."""
        address = urlsplit(self.hub_url)
        return address.port or (80 if address.scheme == "http" else 443)

    def function_name(self, task: Task) -> str:
        """The name that Lambda, the console and the local cloud show."""
        return names.function_name(self.name, task.function_name)

    def selected(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks to deploy, each as the operator wants it."""
        return [self.overrides[task.name].applied_to(task) for task in tasks if task.name in self.tasks]


def _refuse_unknown_keys(context: Mapping[str, Any], tasks: Sequence[str]) -> None:
    own = sorted({field.name for field in fields(Options)} - {"overrides"} | {"i_accept_public"})
    task_keys = [field.name for field in fields(TaskOptions)]
    known = {*own, *(f"{task}.{key}" for task in tasks for key in task_keys)}
    for key in context:
        if key not in known and not key.startswith(CDK_KEYS):
            raise OptionError(
                f"unknown context key {key!r}; known: {', '.join(own)}, and <task>.<key> with a task of "
                f"{', '.join(tasks)} and a key of {', '.join(task_keys)}"
            )


def _tasks(context: Mapping[str, Any], known: Sequence[str]) -> tuple[str, ...]:
    chosen = words(context, "tasks") or ("all",)
    unknown = [name for name in chosen if name not in known]
    if unknown and chosen != ("all",):
        allowed = f"all, or a comma list of {', '.join(known)}"
        raise OptionError(f"context key 'tasks' must be {allowed}; not {', '.join(unknown)!r}")
    return tuple(known) if chosen == ("all",) else chosen


def _origins(context: Mapping[str, Any]) -> tuple[str, ...]:
    origins = words(context, "cors_origins")
    for origin in origins:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", origin):
            raise OptionError(
                "context key 'cors_origins' must be a comma list of origins like https://example.com "
                f"('*' is not accepted); not {origin!r}"
            )
    return origins


def _log_retention_days(context: Mapping[str, Any]) -> int:
    allowed = [str(days) for days in LOG_RETENTION_DAYS]
    return int(choice(context, "log_retention_days", allowed, default=str(DEFAULT_LOG_RETENTION_DAYS)))


def _hub_url(context: Mapping[str, Any]) -> str:
    pattern = r"https?://[A-Za-z0-9.-]+(:[1-9]\d{0,4})?(/[\w./-]*)?"
    url = matching(context, "hub_url", pattern, DEFAULT_HUB) or DEFAULT_HUB
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        raise OptionError(f"context key 'hub_url' must have a port below 65,536; not {url!r}") from error
    return url.rstrip("/")


def _refuse_waiting_in_vain(options: Options) -> None:
    for task in options.tasks:
        if options.prefetch and options.overrides[task].reserved_concurrency == 0:
            raise OptionError(
                f"context key '{task}.reserved_concurrency': 0 lets nobody run the function, so it could "
                "never get the model ready that prefetch=true waits for"
            )
