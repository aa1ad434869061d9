"""Context keys about the account: its network, and the rules that its owners have for every stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from stacks.context import OptionError, choice, matching, text, words

if TYPE_CHECKING:
    from collections.abc import Mapping

NEW_NETWORK = ("nat", "ipv6", "none")
EXISTING_NETWORK = ("vpc", "none")
"""The ways out that can be chosen: of a network that the stack makes, and of one that is there."""

DEFAULT_ZONES = "2"
MOST_ZONES = 6
"""As many as the largest region has."""
MOST_SUBNETS = 16
"""Of one function (Lambda API reference, ``VpcConfig``)."""
MOST_TAGS = 40
"""AWS allows 50 on a resource; the others are the project's, CloudFormation's and the owners'."""

SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")
ZONE = re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]")
TAG_KEY = re.compile(r"(?!aws:)[\w .:/+@-]{1,128}", re.IGNORECASE)
TAG_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")
TAGS = "key=value,key=value, with letters, digits, spaces and _.:/+@- , and no key that begins with aws:"


def vpc_id(context: Mapping[str, Any]) -> str | None:
    """The VPC to use in place of one of our own; ``subnet_ids`` comes with it."""
    vpc = matching(context, "vpc_id", r"vpc-[0-9a-f]{8,17}", "vpc-0123456789abcdef0")
    if vpc is None and words(context, "subnet_ids"):
        raise OptionError("context key 'subnet_ids' needs 'vpc_id', the VPC that the subnets are in")
    if vpc is not None and not words(context, "subnet_ids"):
        raise OptionError("context key 'vpc_id' needs 'subnet_ids', one subnet in each availability zone")
    return vpc


def subnet_ids(context: Mapping[str, Any]) -> tuple[str, ...]:
    """The subnets for the functions and the mount targets of the cache."""
    subnets = words(context, "subnet_ids")
    for subnet in subnets:
        if not SUBNET.fullmatch(subnet):
            raise OptionError(
                "context key 'subnet_ids' must be a comma list like subnet-0123456789abcdef0, one in each "
                f"availability zone; not {subnet!r}"
            )
    if len(subnets) > MOST_SUBNETS:
        raise OptionError(f"context key 'subnet_ids' may have {MOST_SUBNETS} subnets, as Lambda allows")
    return subnets


def egress(context: Mapping[str, Any]) -> str:
    """``nat`` for a network of our own, ``vpc`` (whatever way out it has) for an existing one."""
    if text(context, "vpc_id") is None:
        if text(context, "egress") == "vpc":
            raise OptionError("context key 'egress': 'vpc' is the way out of a VPC that 'vpc_id' names")
        return choice(context, "egress", NEW_NETWORK)
    if text(context, "egress") in ("nat", "ipv6"):
        raise OptionError(
            f"context key 'egress': {text(context, 'egress')!r} makes a way out, but the VPC of 'vpc_id' has "
            f"its own; allowed with it: {', '.join(EXISTING_NETWORK)}"
        )
    return choice(context, "egress", EXISTING_NETWORK)


def availability_zones(context: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of zones, or a number: so many of the region's first."""
    zones = words(context, "availability_zones") or (DEFAULT_ZONES,)
    counts = [str(count) for count in range(1, MOST_ZONES + 1)]
    is_count = len(zones) == 1 and zones[0] in counts
    if not is_count and not all(ZONE.fullmatch(zone) for zone in zones):
        raise OptionError(
            f"context key 'availability_zones' must be a number from 1 to {MOST_ZONES}, or a comma list like "
            f"us-east-1a,us-east-1b; not {', '.join(zones)!r}"
        )
    if text(context, "vpc_id") and zones != (DEFAULT_ZONES,):
        raise OptionError("context key 'availability_zones': with 'vpc_id', the subnets say which they are")
    return zones


def permissions_boundary(context: Mapping[str, Any]) -> str | None:
    """The policy that bounds every role of the stack."""
    return matching(
        context,
        "permissions_boundary",
        r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,512}",
        "arn:aws:iam::123456789012:policy/boundary",
    )


def qualifier(context: Mapping[str, Any]) -> str | None:
    """Of the CDK bootstrap stack to deploy through, as given to ``cdk bootstrap --qualifier``."""
    return matching(context, "qualifier", r"[A-Za-z0-9_-]{1,10}", "team1, with at most 10 letters and digits")


def tags(context: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """For every resource that can carry them: an object in ``cdk.json``, or text on the command line."""
    given = context.get("tags")
    pairs = given.items() if isinstance(given, dict) else (_pair(part) for part in words(context, "tags"))
    found = {str(key): str(value) for key, value in pairs}
    for key, value in found.items():
        if not TAG_KEY.fullmatch(key) or not TAG_VALUE.fullmatch(value):
            raise OptionError(f"context key 'tags' must look like {TAGS}; not {f'{key}={value}'[:80]!r}")
    if len(found) > MOST_TAGS:
        raise OptionError(f"context key 'tags' may have {MOST_TAGS} tags; AWS allows 50 on a resource in all")
    return tuple(found.items())


def _pair(part: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if not equals:
        raise OptionError(f"context key 'tags' must look like {TAGS}; not {part[:80]!r}")
    return key.strip(), value.strip()
