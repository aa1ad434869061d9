"""The CDK context as one frozen value, checked once; the rest of the stack asks no further questions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stacks.options import keys, names, rules
from stacks.options.task import TaskOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.task import Task


@dataclass(frozen=True)
class Options:
    """Everything that the context decides."""

    name: str
    """The stack's name; in lower case it begins every function's name."""
    tasks: tuple[str, ...]
    egress: str
    artifact_days: int
    """That made models stay in the bucket, with ``egress=relay``."""
    factory_memory: int
    """MB, with ``egress=relay``."""
    batch: bool
    """Whether there is a state machine for batch over files."""
    batch_concurrency: int
    """Batches that run at once."""
    auth: str
    i_accept_public: bool
    key_sha256: tuple[str, ...]
    """Of the keys that open the URLs, with ``auth=key``."""
    open_concurrency: str
    """Of each function whose URL AWS opens to everybody; a number, or ``unlimited``."""
    hf_token_secret_arn: str | None
    cors_origins: tuple[str, ...]
    streaming: str
    """Whether URLs of functions that write text send it as it comes."""
    architecture: str
    efs_throughput: str
    infrequent_after_days: int
    """Without a load; then EFS keeps a model in the class that costs less to store and more to read."""
    log_retention_days: int
    keep_cache: bool
    hub_url: str
    i_accept_plain_http: bool
    alternatives: bool
    """Whether a call may choose another of a task's models."""
    prompt_caching: bool
    """Whether a conversation's next turn starts where the last one ended."""
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
    flow_logs: bool
    """Of a network of our own."""
    empty_default_group: bool
    """The security group that every VPC comes with, and that nothing here uses."""
    kms_key_arn: str | None
    """For the cache, the bucket and the logs; ``None``: keys of AWS."""
    permissions_boundary: str | None
    qualifier: str | None
    tags: tuple[tuple[str, str], ...]
    overrides: Mapping[str, TaskOptions]

    @classmethod
    def from_context(cls, context: Mapping[str, Any], tasks: Sequence[Task]) -> Options:
        """Read every key, then check what they ask of each other; :class:`OptionError` says what is wrong."""
        task_names = [task.name for task in tasks]
        rules.refuse_unknown_keys(context, task_names)
        special = {
            keys.TASKS.name: replace(keys.TASKS, known=tuple(task_names)),
            keys.EGRESS.name: rules.choose_egress_key(context),
        }
        values: dict[str, Any] = {key.name: special.get(key.name, key).read(context) for key in keys.KEYS}
        values["overrides"] = {name: TaskOptions.from_context(context, name) for name in task_names}
        for check in rules.RULES:
            check(values)
        rules.check_flagged_labels(values["overrides"], tasks)
        names.check_names(values["name"], tasks)
        return cls(**values)

    @property
    def hub_port(self) -> int:
        """The port that functions must be able to reach, besides 443."""
        address = urlsplit(self.hub_url)
        return address.port or (80 if address.scheme == "http" else 443)

    def reserved_concurrency(self, task: Task) -> int | None:
        """How many calls of the task may run at once; ``None``: as many as the account has left."""
        own = self.overrides[task.name].reserved_concurrency
        if own is not None or self.auth == "iam" or self.open_concurrency == keys.UNLIMITED:
            return own
        return int(self.open_concurrency)

    def function_name(self, task: Task) -> str:
        """The function's name in Lambda, the console and the local cloud."""
        return names.function_name(self.name, task.function_name)

    def streams(self, task: Task) -> bool:
        """Whether a function's URL hands on its answers as they come."""
        return self.streaming == "url" and task.kind.writes

    def selected(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks to deploy, each as the operator wants it."""
        return [self.overrides[task.name].applied_to(task) for task in tasks if task.name in self.tasks]
