"""A stack among others in an account: its network, zones, boundary, bootstrap stack, tags and names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cfn_lint import lint
from tests.support.synthesized import AUTH

if TYPE_CHECKING:
    from tests.support.synthesized import Synth, Synthesized

VPC_ID = "vpc-0123456789abcdef0"
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
VPC = {"vpc_id": VPC_ID, "subnet_ids": ",".join(SUBNETS)}
FEW = {"tasks": "sentiment,spam"}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
WATCHED = {"prefetch": "true", "alarm_email": "a@b.example", "dashboard": "true"}
OURS = {"AWS::EC2::SecurityGroup": 2, "AWS::EC2::SecurityGroupIngress": 1, "AWS::EC2::SecurityGroupEgress": 1}
"""All that a stack has of EC2 in somebody else's network."""

PHYSICAL_NAMES = ("FunctionName", "LogGroupName", "AlarmName", "DashboardName", "RoleName", "TopicName")


def ec2_resources(stack: Synthesized) -> dict[str, int]:
    types = [each["Type"] for each in stack.template["Resources"].values()]
    return {kind: types.count(kind) for kind in types if kind.startswith("AWS::EC2::")}


@pytest.mark.parametrize("auth", AUTH)
def test_an_existing_vpc_gets_nothing_but_our_security_groups(synth: Synth, auth: str) -> None:
    stack = synth(**VPC, **FEW, **AUTH[auth])
    assert ec2_resources(stack) == OURS
    for group in stack.all("AWS::EC2::SecurityGroup").values():
        assert group["Properties"]["VpcId"] == VPC_ID
    targets = [target["Properties"]["SubnetId"] for target in stack.all("AWS::EFS::MountTarget").values()]
    assert sorted(targets) == SUBNETS
    for function in stack.all("AWS::Lambda::Function").values():
        assert function["Properties"]["VpcConfig"]["SubnetIds"] == SUBNETS
    (report,) = [r for r in stack.validation_report["pluginReports"] if r["pluginName"] == "AwsSolutions"]
    assert (report["conclusion"], report["violations"]) == ("success", [])
    lint([stack.path])


@pytest.mark.parametrize(("egress", "peer"), [("vpc", "0.0.0.0/0"), ("none", "255.255.255.255/32")])
def test_in_an_existing_vpc_our_own_group_says_what_may_go_out(synth: Synth, egress: str, peer: str) -> None:
    stack = synth(**VPC, **FEW, egress=egress)
    assert ec2_resources(stack) == OURS
    (group,) = (
        each["Properties"]
        for each in stack.all("AWS::EC2::SecurityGroup").values()
        if each["Properties"]["GroupDescription"] == "Hublet functions"
    )
    (rule,) = group["SecurityGroupEgress"]
    assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == (peer, 443, 443)


def zones(stack: Synthesized) -> list[Any]:
    subnets = [subnet["Properties"] for subnet in stack.all("AWS::EC2::Subnet").values()]
    return [each["AvailabilityZone"] for each in subnets if not each.get("MapPublicIpOnLaunch")]


def test_a_number_takes_the_regions_first_zones(synth: Synth) -> None:
    stack = synth(**FEW, egress="none", availability_zones="3")
    assert zones(stack) == [{"Fn::Select": [place, {"Fn::GetAZs": ""}]} for place in range(3)]
    stack.check.resource_count_is("AWS::EFS::MountTarget", 3)


def test_named_zones_are_taken_by_name(synth: Synth) -> None:
    stack = synth(**FEW, egress="nat", availability_zones="us-west-1a,us-west-1c")
    assert set(zones(stack)) == {"us-west-1a", "us-west-1c"}
    stack.check.resource_count_is("AWS::EC2::NatGateway", 1)


def test_the_stack_is_bound_to_no_region_so_that_synth_asks_nobody_for_its_zones(synth: Synth) -> None:
    stack = synth(**FEW, availability_zones="3")
    manifest = json.loads((stack.folder / "manifest.json").read_text())
    assert manifest["artifacts"]["Hublet"]["environment"] == "aws://unknown-account/unknown-region"
    assert "missing" not in manifest


def test_a_boundary_holds_for_every_role(synth: Synth) -> None:
    stack = synth(**FEW, **WATCHED, permissions_boundary=BOUNDARY)
    roles = stack.all("AWS::IAM::Role").values()
    assert len(roles) == 5  # the cache function, the factory and prefetch have one too
    assert {role["Properties"]["PermissionsBoundary"] for role in roles} == {BOUNDARY}


def test_without_a_boundary_there_is_none(default_stack: Synthesized) -> None:
    assert "PermissionsBoundary" not in json.dumps(default_stack.template)


def test_a_qualifier_names_another_bootstrap_stack(synth: Synth) -> None:
    stack = synth(**FEW, qualifier="team1")
    written = [stack.path, stack.folder / "manifest.json", stack.folder / "Hublet.assets.json"]
    for path in written:
        assert "team1" in path.read_text(), path.name
        assert "hnb659fds" not in path.read_text(), path.name


def test_tags_are_on_all_that_carries_the_projects_own(synth: Synth) -> None:
    stack = synth(**FEW, **WATCHED, tags="team=search,cost center=42")
    tagged = [
        each["Properties"][key]
        for each in stack.template["Resources"].values()
        for key in ("Tags", "FileSystemTags", "AccessPointTags")
        if key in each.get("Properties", {})
    ]
    assert len(tagged) > 20
    for found in tagged:
        pairs = {(each["Key"], each["Value"]) for each in found}
        assert pairs >= {("project", "hublet"), ("team", "search"), ("cost center", "42")}


def names(stack: Synthesized) -> set[str]:
    properties = [each.get("Properties", {}) for each in stack.template["Resources"].values()]
    # An alias refers to its function by this key too.
    return {
        f"{key} {each[key]}"
        for each in properties
        for key in PHYSICAL_NAMES
        if isinstance(each.get(key), str)
    }


def test_two_stacks_share_no_name_and_export_nothing(synth: Synth) -> None:
    one, other = (synth(**FEW, **WATCHED, name=name) for name in ("Hublet", "Second"))
    assert len(names(one)) > 10
    assert names(one).isdisjoint(names(other))
    for stack in (one, other):
        assert not any("Export" in output for output in stack.template["Outputs"].values())
