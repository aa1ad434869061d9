"""The options that constructs take, with the names and limits of ``docs/configuration.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from inference.tasks import all_tasks
from stacks.options.stack import Options

if TYPE_CHECKING:
    from collections.abc import Mapping

STAND_IN = {"vpc_id": "vpc-00000000", "subnet_ids": "subnet-00000000"}
"""For the checks: a network of the app's own allows the same as an existing one."""


class CacheOptions(TypedDict, total=False):
    """What all functions on one cache share."""

    egress: str  # "relay", "nat" or "none"; in a VPC of yours "vpc" or "none"
    hub_url: str  # where models come from
    i_accept_plain_http: bool  # with a hub_url of http
    hf_token_secret_arn: str  # of the Secrets Manager secret with a Hub token
    precision: str  # "auto", "int8" or "fp32"
    architecture: str  # "x86_64" or "arm64"
    artifact_days: int  # that copies of models stay in the bucket
    factory_memory: int  # MB, of the function that prepares models
    efs_throughput: str  # "bursting" or "elastic"
    infrequent_after_days: int  # without a load, until EFS stores a model for less
    keep_cache: bool  # when the stack is destroyed
    log_retention_days: int
    tracing: bool  # by X-Ray
    on_failure_arn: str  # where asynchronous events go that failed
    max_event_age: int  # seconds that an asynchronous event may wait
    availability_zones: int | str  # of a new network: a number, or names
    kms_key_arn: str  # of the key for files, bucket and logs
    flow_logs: bool  # of the network, for accepted and refused connections
    empty_default_group: bool  # whether the network's default security group loses its rules


class FunctionOptions(TypedDict, total=False):
    """What one function has of its own."""

    model: str  # on the Hub, in place of the task's own
    revision: str  # a commit, tag or branch
    pickle_weights: bool  # whether a repository with pytorch_model.bin alone is read
    memory: int  # MB
    timeout: int  # seconds
    image: str  # "serve" or "full", with egress="relay"
    storage: int  # MB of /tmp
    reserved_concurrency: int  # calls at once
    provisioned_concurrency: int  # environments that are kept ready, and paid for
    flagged_labels: str  # that /v1/moderations flags
    auth: str  # of the URL: "iam", "key" or "none"
    i_accept_public: bool  # with auth="none"
    key_sha256: str  # of the keys, with auth="key"
    open_concurrency: int | str  # with auth="key" or "none": calls at once, or "unlimited"
    cors_origins: str  # web pages that may call the URL
    streaming: str  # "url" or "off"
    alternatives: bool  # whether a call may choose another of the task's models
    prompt_caching: bool  # whether a conversation's next turn is read only where it is new


class StackOptions(CacheOptions, total=False):
    """What the whole stack takes besides."""

    auth: str
    i_accept_public: bool
    key_sha256: str
    open_concurrency: int | str
    cors_origins: str
    streaming: str
    alternatives: bool
    prompt_caching: bool
    dashboard: bool
    alarm_email: str
    batch: bool  # a state machine that runs files of lines
    batch_concurrency: int  # batches at once
    prefetch: bool  # models are made ready during a deployment
    vpc_id: str
    subnet_ids: str
    permissions_boundary: str  # the ARN of a policy
    qualifier: str  # of `cdk bootstrap --qualifier`
    tags: Mapping[str, str]


def read_options(name: str, given: Mapping[str, Any], *, has_vpc: bool = False) -> Options:
    """The checked options; ``stacks.options.context.OptionError`` names one that is wrong.

    ``has_vpc``: the functions stand in a VPC of the app's own.
    """
    context = {"name": name, **given, **(STAND_IN if has_vpc else {})}
    return Options.from_context(context, all_tasks())
