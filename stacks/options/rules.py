"""Rules between context keys: what one key needs of another, or makes pointless.

``Values`` are the checked values of all keys by name, with the ``overrides`` of each task.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inference.settings import is_private
from inference.task_kinds import MODERATIONS
from stacks.options import keys
from stacks.options.context import OptionError, find_nearest, read_text, suggest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.task import Task
    from stacks.options.kinds import Choice
    from stacks.options.task import TaskOptions

    Values = Mapping[str, Any]

CDK_KEYS = ("@", "aws:", "cdk", "cli-telemetry", "acknowledged-issue-numbers")
"""How the CDK's own settings begin; they stand in the same place."""


def refuse_unknown_keys(context: Mapping[str, Any], tasks: Sequence[str]) -> None:
    """A key that nobody reads is a typing error."""
    own, task_keys = _key_names()
    known = {*own, *(f"{task}.{key}" for task in tasks for key in task_keys)}
    for key in context:
        if key not in known and not key.startswith(CDK_KEYS):
            raise OptionError(
                f"unknown context key {key!r}{suggest(_find_meant(key, tasks))}; known: "
                f"{', '.join(sorted(own))}, and <task>.<key> with a task of {', '.join(tasks)} and a key of "
                f"{', '.join(task_keys)}"
            )


def _key_names() -> tuple[list[str], list[str]]:
    return [key.name for key in keys.KEYS], [key.name for key in keys.TASK_KEYS]


def _find_meant(key: str, tasks: Sequence[str]) -> str | None:
    own, task_keys = _key_names()
    task, dot, name = key.partition(".")
    if not dot:
        return f"<task>.{key}" if key in task_keys else find_nearest(key, own)
    parts = (find_nearest(task, tasks), find_nearest(name, task_keys))
    return f"{parts[0]}.{parts[1]}" if all(parts) else None


def choose_egress_key(context: Mapping[str, Any]) -> Choice:
    """The ways out that there are: those of an existing VPC with ``vpc_id``, else those of a new one."""
    asked, has_vpc = read_text(context, keys.EGRESS.name), keys.VPC_ID.read(context) is not None
    if asked == "vpc" and not has_vpc:
        raise OptionError("context key 'egress': 'vpc' is the way out of a VPC that 'vpc_id' names")
    if asked == "ipv6":
        raise OptionError(
            "context key 'egress': 'ipv6' is gone, since not every download host of the Hub answers over "
            "IPv6; 'relay' costs nothing either when nobody calls"
        )
    if asked == "relay" and has_vpc:
        raise OptionError(
            "context key 'egress': 'relay' needs a network of the stack's own; leave out 'vpc_id', or set "
            f"one of {', '.join(keys.EXISTING_NETWORK)}"
        )
    if asked in keys.NEW_NETWORK and asked not in keys.EXISTING_NETWORK and has_vpc:
        raise OptionError(
            f"context key 'egress': {asked!r} makes a way out, but the VPC of 'vpc_id' has its own; allowed "
            f"with it: {', '.join(keys.EXISTING_NETWORK)}"
        )
    return replace(keys.EGRESS, allowed=keys.EXISTING_NETWORK if has_vpc else keys.NEW_NETWORK)


def check_public_access(values: Values) -> None:
    """Everybody may call only by a second word."""
    if values["auth"] == "none" and not values["i_accept_public"]:
        raise OptionError(
            "context key 'auth': 'none' lets anybody on the internet call the functions at your cost; "
            "add -c i_accept_public=true if that is what you want"
        )


def check_key_hashes(values: Values) -> None:
    """Hashes of keys are for ``auth=key``, and ``auth=key`` is nothing without them."""
    auth, hashes = values["auth"], values["key_sha256"]
    if hashes and auth != "key":
        raise OptionError(f"context key 'key_sha256' is for auth=key, and would do nothing with auth={auth}")
    if auth == "key" and not hashes:
        raise OptionError(
            "context key 'auth': 'key' also needs key_sha256, the SHA-256 of a key; `make key` makes both"
        )


def check_open_concurrency(values: Values) -> None:
    """Only URLs that AWS opens to everybody are bounded by default."""
    if values["auth"] == "iam" and values["open_concurrency"] != keys.OPEN_CONCURRENCY.default:
        raise OptionError(
            "context key 'open_concurrency' is for auth=key and auth=none, and would do nothing with "
            "auth=iam; <task>.reserved_concurrency bounds one function"
        )


def check_hub_token(values: Values) -> None:
    """A Hub token is of no use to functions that cannot reach the Hub."""
    if values["hf_token_secret_arn"] and values["egress"] == "none":
        raise OptionError(
            "context key 'hf_token_secret_arn' needs a way out: with egress=none neither Secrets Manager nor "
            "the Hub can be reached, and nothing is ever downloaded"
        )
    if values["hf_token_secret_arn"] and not is_private(values["hub_url"]):
        raise OptionError(
            "context key 'hf_token_secret_arn': a Hub token is not sent over plain HTTP; give 'hub_url' with "
            "https"
        )


def check_plain_http(values: Values) -> None:
    """A Hub's hashes come the same way as its files: over plain HTTP they say nothing."""
    if not is_private(values["hub_url"]) and not values["i_accept_plain_http"]:
        raise OptionError(
            "context key 'hub_url': over plain HTTP anybody on the way can exchange a model and its hashes; "
            "give it with https, or pin every model's files by make lock and add -c i_accept_plain_http=true"
        )


def check_relay_keys(values: Values) -> None:
    """Only a relay has a bucket and a factory."""
    egress = values["egress"]
    for key in (keys.ARTIFACT_DAYS, keys.FACTORY_MEMORY):
        if values[key.name] != key.default and egress != "relay":
            raise OptionError(
                f"context key {key.name!r} is for egress=relay, and would do nothing with egress={egress}"
            )


def check_batch(values: Values) -> None:
    """Files of a batch lie in the relay's bucket, which something empties when the stack goes."""
    egress, default = values["egress"], keys.BATCH_CONCURRENCY.default
    if values["batch"] and egress != "relay":
        raise OptionError(f"context key 'batch' needs egress=relay, which has a bucket; not {egress}")
    if values["batch_concurrency"] != default and not values["batch"]:
        raise OptionError("context key 'batch_concurrency' is for batch=true, and would do nothing without")


def check_network(values: Values) -> None:
    """A VPC and its subnets come together, and say which zones there are."""
    vpc, subnets = values["vpc_id"], values["subnet_ids"]
    if subnets and not vpc:
        raise OptionError("context key 'subnet_ids' needs 'vpc_id', the VPC that the subnets are in")
    if vpc and not subnets:
        raise OptionError("context key 'vpc_id' needs 'subnet_ids', one subnet in each availability zone")
    if vpc and values["availability_zones"] != (str(keys.DEFAULT_ZONES),):
        raise OptionError("context key 'availability_zones': with 'vpc_id', the subnets say which they are")


def check_own_network(values: Values) -> None:
    """What is of a network that the stack makes says nothing of one that is there."""
    for key in (keys.FLOW_LOGS, keys.EMPTY_DEFAULT_GROUP):
        if values[key.name] and values["vpc_id"]:
            raise OptionError(
                f"context key {key.name!r} is for a network of the stack's own, and would do nothing with "
                "'vpc_id'"
            )


def check_concurrency(values: Values) -> None:
    """No more environments are kept ready than may run, and nobody waits for a function that may not run."""
    overrides: Mapping[str, TaskOptions] = values["overrides"]
    for task, chosen in overrides.items():
        reserved, provisioned = chosen.reserved_concurrency, chosen.provisioned_concurrency
        key = f"{task}.reserved_concurrency"
        if reserved is None and values["auth"] != "iam" and values["open_concurrency"] != keys.UNLIMITED:
            key, reserved = keys.OPEN_CONCURRENCY.name, int(values["open_concurrency"])
        if reserved is None:
            continue
        if provisioned is not None and provisioned > reserved:
            raise OptionError(
                f"context key '{task}.provisioned_concurrency' must be at most {reserved}, which is {key}; "
                f"not {provisioned}"
            )
        if values["prefetch"] and reserved == 0 and task in values["tasks"]:
            raise OptionError(
                f"context key '{task}.reserved_concurrency': 0 lets nobody run the function, so it could "
                "never get the model ready that prefetch=true waits for"
            )


def check_flagged_labels(overrides: Mapping[str, TaskOptions], tasks: Sequence[Task]) -> None:
    """Only functions that classify texts have a route for it."""
    for task in tasks:
        if overrides[task.name].flagged_labels and MODERATIONS not in task.kind.refused:
            raise OptionError(
                f"context key '{task.name}.flagged_labels' is for tasks that classify texts, and would do "
                f"nothing with {task.name}"
            )


def check_images(values: Values) -> None:
    """Functions that prepare models themselves need all that the full image has."""
    overrides: Mapping[str, TaskOptions] = values["overrides"]
    egress = values["egress"]
    for task, chosen in overrides.items():
        if chosen.image and egress != "relay":
            raise OptionError(
                f"context key '{task}.image' is for egress=relay, and would do nothing with egress={egress}: "
                "there every function has the full image"
            )


RULES = (
    check_public_access,
    check_key_hashes,
    check_open_concurrency,
    check_hub_token,
    check_plain_http,
    check_network,
    check_own_network,
    check_concurrency,
    check_images,
    check_relay_keys,
    check_batch,
)
