"""Who may touch the file system, how, and what is left of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk.assertions import Match

from inference.tasks import all_tasks
from stacks.model_cache import INFREQUENT_AFTER
from stacks.options.keys import INFREQUENT_DAYS

if TYPE_CHECKING:
    from tests.support.synthesized import Synth, Synthesized

USE = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
MOUNTS = (USE, USE[0])
"""As a template writes them: to read and write, and to read alone."""


def statements(stack: Synthesized, effect: str) -> list[dict[str, Any]]:
    _, file_system = stack.one("AWS::EFS::FileSystem")
    found = file_system["Properties"]["FileSystemPolicy"]["Statement"]
    return [statement for statement in found if statement["Effect"] == effect]


def test_it_is_encrypted_and_tidies_itself(stack: Synthesized) -> None:
    stack.check.has_resource_properties(
        "AWS::EFS::FileSystem",
        {
            "Encrypted": True,
            "ThroughputMode": "bursting",
            "LifecyclePolicies": Match.array_with([{"TransitionToIA": "AFTER_1_DAY"}]),
        },
    )


def test_it_turns_away_whoever_comes_without_tls(stack: Synthesized) -> None:
    deny, *_ = statements(stack, "Deny")
    assert deny["Principal"] == {"AWS": "*"}
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny["Action"] == [USE[0], "elasticfilesystem:ClientRootAccess", USE[1]]


def those_not_denied(stack: Synthesized, action: str) -> list[str]:
    """The roles that the one refusal of everybody else leaves out."""
    (deny,) = (
        each
        for each in statements(stack, "Deny")
        if action in each["Action"] and "ArnNotEquals" in each.get("Condition", {})
    )
    assert deny["Principal"] == {"AWS": "*"}
    assert list(deny["Condition"]) == ["ArnNotEquals"]
    return arns(deny["Condition"]["ArnNotEquals"]["aws:PrincipalArn"])


def arns(roles: Any) -> list[str]:
    return sorted(map(str, roles if isinstance(roles, list) else [roles]))


def test_it_turns_away_everybody_else_of_the_account(stack: Synthesized) -> None:
    """Their own policies would be enough: in one account either side's Allow is."""
    roles = [function["Properties"]["Role"] for function in stack.in_vpc().values()]
    assert those_not_denied(stack, USE[0]) == arns(roles)
    writers = [
        role
        for allow in statements(stack, "Allow")
        if USE[1] in allow["Action"]
        for role in arns(allow["Principal"]["AWS"])
    ]
    assert those_not_denied(stack, USE[1]) == sorted(writers)
    assert len(writers) == (1 if stack.is_relayed else len(roles))
    (root,) = (each for each in statements(stack, "Deny") if "Condition" not in each)
    assert (root["Action"], root["Principal"]) == ("elasticfilesystem:ClientRootAccess", {"AWS": "*"})


def test_it_lets_in_the_functions_roles_through_an_access_point_and_nobody_else(stack: Synthesized) -> None:
    allows = statements(stack, "Allow")
    admitted = []
    for allow in allows:
        assert allow["Action"] in (MOUNTS if stack.is_relayed else [USE])
        assert allow["Condition"]["Bool"] == {"elasticfilesystem:AccessedViaMountTarget": "true"}
        assert ":access-point/*" in json.dumps(allow["Condition"]["ArnLike"])
        principals = allow["Principal"]["AWS"]
        admitted += principals if isinstance(principals, list) else [principals]
    roles = [function["Properties"]["Role"] for function in stack.in_vpc().values()]
    assert sorted(map(str, admitted)) == sorted(map(str, roles))
    assert "*" not in admitted


def test_each_role_may_use_it_only_through_the_access_point(stack: Synthesized) -> None:
    file_system, _ = stack.one("AWS::EFS::FileSystem")
    access_point, _ = stack.one("AWS::EFS::AccessPoint")
    roles = [function["Properties"]["Role"]["Fn::GetAtt"][0] for function in stack.in_vpc().values()]
    policies = [
        policy
        for policy in stack.all("AWS::IAM::Policy").values()
        if policy["Properties"]["Roles"][0]["Ref"] in roles
    ]
    assert len(policies) == len(all_tasks()) + 1
    for policy in policies:
        (use,) = (
            statement
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if "elasticfilesystem" in json.dumps(statement["Action"])
        )
        assert use["Action"] in (MOUNTS if stack.is_relayed else [USE])
        assert use["Resource"] == {"Fn::GetAtt": [file_system, "Arn"]}
        condition = use["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"]
        assert {"Ref": access_point} in condition["Fn::Join"][1]


def test_the_access_point_has_a_user_of_its_own(stack: Synthesized) -> None:
    stack.check.has_resource_properties(
        "AWS::EFS::AccessPoint",
        {
            "PosixUser": {"Uid": "993", "Gid": "990"},
            "RootDirectory": {
                "Path": "/models",
                "CreationInfo": {"OwnerUid": "993", "OwnerGid": "990", "Permissions": "750"},
            },
        },
    )


def test_it_goes_with_the_stack(stack: Synthesized) -> None:
    _, file_system = stack.one("AWS::EFS::FileSystem")
    assert file_system["DeletionPolicy"] == file_system["UpdateReplacePolicy"] == "Delete"


def test_keep_cache_keeps_the_file_system_and_nothing_else(synth: Synth) -> None:
    stack = synth(keep_cache="true")
    kept = [
        resource["Type"]
        for resource in stack.template["Resources"].values()
        if resource.get("DeletionPolicy") == "Retain" or resource.get("UpdateReplacePolicy") == "Retain"
    ]
    assert kept == ["AWS::EFS::FileSystem"]


def test_when_a_model_rests_is_an_option() -> None:
    assert set(INFREQUENT_AFTER) == set(INFREQUENT_DAYS)
    for days, policy in INFREQUENT_AFTER.items():
        assert policy.name == f"AFTER_{days}_DAY{'S' if days > 1 else ''}"


def test_a_chosen_rest_reaches_the_template(synth: Synth) -> None:
    stack = synth(infrequent_after_days="30", tasks="spam")
    policies = [{"TransitionToIA": "AFTER_30_DAYS"}, {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"}]
    stack.check.has_resource_properties("AWS::EFS::FileSystem", {"LifecyclePolicies": policies})


@pytest.mark.parametrize("throughput", ["bursting", "elastic"])
def test_throughput_is_an_option(synth: Synth, throughput: str) -> None:
    stack = synth(efs_throughput=throughput)
    stack.check.has_resource_properties("AWS::EFS::FileSystem", {"ThroughputMode": throughput})
