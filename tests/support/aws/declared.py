"""What a template declares, held against what a deployment of it made."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.support.aws.inventory import added
from tests.support.aws.moto_gaps import NOT_MADE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.aws.inventory import Inventory

BROUGHT_BY_VPC = {"AWS::EC2::RouteTable": 1, "AWS::EC2::SecurityGroup": 1}
"""A VPC's own main table and default group, which go with it."""


def check_all_is_there(
    template: dict[str, Any], before: Inventory, after: Inventory, brought: Mapping[str, int]
) -> None:
    """As many of each type as declared, and those that are ``brought`` without being declared."""
    declared = Counter(resource["Type"] for resource in template["Resources"].values())
    unknown = declared.keys() - after.keys() - NOT_MADE.keys()
    assert not unknown, f"tests/support/aws/inventory.py does not list {unknown}"
    made = {type: len(names) for type, names in added(before, after).items()}
    expected = {
        type: 0 if type in NOT_MADE else count + brought.get(type, 0) for type, count in declared.items()
    }
    assert {type: made.get(type, 0) for type in declared} == expected
